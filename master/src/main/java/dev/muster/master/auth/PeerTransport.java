package dev.muster.master.auth;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Grpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One accepted connection: who is at the other end, once that is proved. Thread-safe. */
final class PeerTransport {
  /** Where {@link TransportAuth} keeps it for the life of the connection. */
  static final Attributes.Key<PeerTransport> ATTRIBUTE = Attributes.Key.create("muster-transport");

  /** Where {@link AuthInterceptor} hands it to {@link AuthService}. */
  static final Context.Key<PeerTransport> CONTEXT_KEY = Context.key("muster-transport");

  private final @Nullable SocketAddress local;
  private final @Nullable SocketAddress remote;
  private final boolean tls;
  private final ConnectionGate gate;
  private final AtomicBoolean attempted = new AtomicBoolean();
  private volatile @Nullable Principal principal;

  PeerTransport(Attributes attributes, ConnectionGate gate) {
    this.local = attributes.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR);
    this.remote = attributes.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    this.tls = attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION) != null;
    this.gate = gate;
  }

  /** Null until proved. */
  @Nullable Principal principal() {
    return principal;
  }

  /** True once only: a connection has one try. */
  boolean beginAttempt() {
    return attempted.compareAndSet(false, true);
  }

  /** From now on its calls are let through, and it may stay. */
  void authenticated(Principal proved) {
    principal = proved;
    gate.keep(local, remote);
  }

  boolean isTls() {
    return tls;
  }

  /** Whether this end of the connection is on a loopback address. */
  boolean isLocalLoopback() {
    return local instanceof InetSocketAddress inet
        && inet.getAddress() != null
        && inet.getAddress().isLoopbackAddress();
  }

  /** The peer's address, or null where it has none. */
  @Nullable InetAddress remoteAddress() {
    return remote instanceof InetSocketAddress inet ? inet.getAddress() : null;
  }

  @Override
  public String toString() {
    return String.valueOf(remote);
  }
}
