package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.auth.ConnectionGate;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * What bounds a peer on the gRPC listener, known or not. gRPC's own defaults are made for friends:
 * no limit on calls or resets, four megabytes from anyone.
 */
public final class ServerLimits {
  private static final int CALLS_PER_CONNECTION_MAX = 128;
  private static final int METADATA_BYTES_MAX = 8 << 10;
  // A client that gives up waiting also resets a stream, and may honestly do so dozens of times a
  // second; an attack does it a hundred thousand times.
  private static final int RESETS_MAX = 2_000;
  private static final int RESETS_WINDOW_S = 30;
  private static final int FLOW_CONTROL_WINDOW_BYTES = 1 << 20;
  private static final int BACKLOG = 1_024;
  // Clients ping every 20 s; half of that, since a late ping followed by a punctual one is no
  // abuse.
  private static final long PERMIT_KEEP_ALIVE_MS = 10_000;
  private static final long KEEP_ALIVE_MS = 20_000;
  private static final long KEEP_ALIVE_TIMEOUT_MS = 10_000;
  private static final long IDLE_MS_MAX = 600_000;
  // gRPC varies it by a tenth, so that connections do not all go at once. After it a client must
  // prove itself anew: a key that was withdrawn is worth nothing then.
  private static final long AGE_HOURS_MAX = 8;
  private static final long AGE_GRACE_MS = 60_000;
  private static final long QUIET_MS = 0;
  private static final long STOP_MS = 2_000;

  private ServerLimits() {}

  /** The server's I/O threads; closed after the server has terminated. */
  public static final class EventLoops implements AutoCloseable {
    private final EventLoopGroup boss;
    private final EventLoopGroup workers;

    private EventLoops(EventLoopGroup boss, EventLoopGroup workers) {
      this.boss = boss;
      this.workers = workers;
    }

    /** Stops the threads; waits for them up to some seconds. Safe to call twice. */
    @Override
    public void close() {
      Future<?> workersStopped =
          workers.shutdownGracefully(QUIET_MS, STOP_MS, TimeUnit.MILLISECONDS);
      Future<?> bossStopped = boss.shutdownGracefully(QUIET_MS, STOP_MS, TimeUnit.MILLISECONDS);
      workersStopped.awaitUninterruptibly(STOP_MS);
      bossStopped.awaitUninterruptibly(STOP_MS);
    }
  }

  /**
   * Applies every bound, puts the gate before the listener, and gives the server its I/O threads
   * (epoll on Linux). Executor, services and TLS are the caller's.
   *
   * @return the threads, to be closed once the server has terminated (or could not start)
   */
  public static EventLoops apply(NettyServerBuilder server, ConnectionGate gate) {
    server
        .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
        .maxInboundMessageSize(Limits.MESSAGE_BYTES_MAX)
        .maxInboundMetadataSize(METADATA_BYTES_MAX)
        .maxRstFramesPerWindow(RESETS_MAX, RESETS_WINDOW_S)
        .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
        .permitKeepAliveTime(PERMIT_KEEP_ALIVE_MS, TimeUnit.MILLISECONDS)
        .permitKeepAliveWithoutCalls(true)
        .keepAliveTime(KEEP_ALIVE_MS, TimeUnit.MILLISECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .maxConnectionIdle(IDLE_MS_MAX, TimeUnit.MILLISECONDS)
        .maxConnectionAge(AGE_HOURS_MAX, TimeUnit.HOURS)
        .maxConnectionAgeGrace(AGE_GRACE_MS, TimeUnit.MILLISECONDS)
        .withOption(ChannelOption.SO_BACKLOG, BACKLOG)
        // No gzip: a few bytes must not become gigabytes.
        .decompressorRegistry(DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, true));

    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    EventLoopGroup boss =
        new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("muster-accept", true), io);
    EventLoopGroup workers =
        new MultiThreadIoEventLoopGroup(0, new DefaultThreadFactory("muster-io", true), io);
    server
        .bossEventLoopGroup(boss)
        .workerEventLoopGroup(workers)
        .channelFactory(
            () -> {
              ServerChannel listener =
                  epoll ? new EpollServerSocketChannel() : new NioServerSocketChannel();
              // First in the pipeline: Netty's own acceptor comes after it.
              listener.pipeline().addLast("muster-gate", gate);
              return listener;
            });
    return new EventLoops(boss, workers);
  }
}
