package dev.muster.client.connection;

import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The thread that does a connection's I/O (epoll on Linux). The connection's own, not gRPC's shared
 * one, so that it is gone once the connection is closed: a JVM that ends while a thread waits in
 * the kernel waits 0.3 s for that thread. Thread-safe.
 */
final class IoThread implements AutoCloseable {
  private static final long STOP_MS = 500;

  private final EventLoopGroup group;
  private final boolean epoll;

  private IoThread(EventLoopGroup group, boolean epoll) {
    this.group = group;
    this.epoll = epoll;
  }

  static IoThread start() {
    boolean epoll = Epoll.isAvailable();
    return new IoThread(
        new MultiThreadIoEventLoopGroup(
            1,
            new DefaultThreadFactory("muster-client-io", true),
            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory()),
        epoll);
  }

  void use(NettyChannelBuilder builder) {
    builder
        .eventLoopGroup(group)
        .channelType(epoll ? EpollSocketChannel.class : NioSocketChannel.class);
  }

  /** Ends the thread; waits for it up to half a second. */
  @Override
  public void close() {
    group
        .shutdownGracefully(0, STOP_MS, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(STOP_MS, TimeUnit.MILLISECONDS);
  }
}
