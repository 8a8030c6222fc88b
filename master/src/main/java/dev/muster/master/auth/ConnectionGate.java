package dev.muster.master.auth;

import dev.muster.common.Limits;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands in the pipeline of the listening socket, before gRPC sees a connection: refuses those over
 * the caps, and closes those that have not authenticated in time, however far they came (nothing
 * sent, half a TLS handshake, idle HTTP/2). A gRPC interceptor could only refuse calls.
 *
 * <p>gRPC knows a connection by its two addresses, and so it is found again. Thread-safe; one gate
 * for each server.
 */
@Sharable
public final class ConnectionGate extends ChannelInboundHandlerAdapter {
  /** Most open connections of a server. */
  public static final int CONNECTIONS_MAX_DEFAULT = 8_192;

  /** Most open connections from one address: many workers may share one. */
  public static final int CONNECTIONS_PER_ADDRESS_MAX_DEFAULT = 2_048;

  private static final Logger LOG = LoggerFactory.getLogger(ConnectionGate.class);
  private static final long LOG_EVERY_NS = TimeUnit.SECONDS.toNanos(10);

  private record Ends(@Nullable SocketAddress local, @Nullable SocketAddress remote) {}

  private final int connectionsMax;
  private final int perAddressMax;
  private final long authenticateWithinMs;

  /** Connections that must still authenticate, with their deadlines. */
  private final Map<Ends, ScheduledFuture<?>> strangers = new ConcurrentHashMap<>();

  private final Object counts = new Object();
  // Guarded by counts.
  private final Map<InetAddress, Integer> perAddress = new HashMap<>();
  private int open;
  private long refused;
  private long loggedNs = System.nanoTime() - LOG_EVERY_NS;

  /** With the default caps, and the deadline of the protocol. */
  public ConnectionGate() {
    this(
        CONNECTIONS_MAX_DEFAULT,
        CONNECTIONS_PER_ADDRESS_MAX_DEFAULT,
        Limits.AUTHENTICATE_WITHIN_MS);
  }

  ConnectionGate(int connectionsMax, int perAddressMax, long authenticateWithinMs) {
    this.connectionsMax = connectionsMax;
    this.perAddressMax = perAddressMax;
    this.authenticateWithinMs = authenticateWithinMs;
  }

  /** Connections that are open now. */
  public int openConnections() {
    synchronized (counts) {
      return open;
    }
  }

  /** Connections refused since the start because of a cap. */
  public long refusedConnections() {
    synchronized (counts) {
      return refused;
    }
  }

  /** A connection was accepted: {@code message} is its channel, not yet registered anywhere. */
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    Channel connection = (Channel) message;
    InetAddress address =
        connection.remoteAddress() instanceof InetSocketAddress inet ? inet.getAddress() : null;
    if (!enter(address)) {
      connection.unsafe().closeForcibly();
      return;
    }
    Ends ends = new Ends(connection.localAddress(), connection.remoteAddress());
    ScheduledFuture<?> deadline =
        context
            .executor()
            .schedule(
                () -> closeStranger(ends, connection), authenticateWithinMs, TimeUnit.MILLISECONDS);
    strangers.put(ends, deadline);
    var unused =
        connection
            .closeFuture()
            .addListener(
                closed -> {
                  // Only our own entry: the same port may already be in use again.
                  if (strangers.remove(ends, deadline)) {
                    deadline.cancel(false);
                  }
                  leave(address);
                });
    context.fireChannelRead(message);
  }

  /** The connection with these ends is authenticated and may stay. */
  void keep(@Nullable SocketAddress local, @Nullable SocketAddress remote) {
    ScheduledFuture<?> deadline = strangers.remove(new Ends(local, remote));
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  private void closeStranger(Ends ends, Channel connection) {
    if (strangers.remove(ends) != null) {
      LOG.debug("{} closed: not authenticated in time", ends.remote());
      var unused = connection.close();
    }
  }

  private boolean enter(@Nullable InetAddress address) {
    synchronized (counts) {
      int fromThere = address == null ? 0 : perAddress.getOrDefault(address, 0);
      if (open >= connectionsMax || fromThere >= perAddressMax) {
        refused++;
        logRefused(address, fromThere);
        return false;
      }
      open++;
      if (address != null) {
        perAddress.put(address, fromThere + 1);
      }
      return true;
    }
  }

  private void leave(@Nullable InetAddress address) {
    synchronized (counts) {
      open--;
      if (address != null) {
        perAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : count - 1);
      }
    }
  }

  private void logRefused(@Nullable InetAddress address, int fromThere) {
    long now = System.nanoTime();
    if (now - loggedNs >= LOG_EVERY_NS) {
      loggedNs = now;
      LOG.warn(
          "connection of {} refused: {} of {} open, {} of {} from there ({} refused so far)",
          address,
          open,
          connectionsMax,
          fromThere,
          perAddressMax,
          refused);
    }
  }
}
