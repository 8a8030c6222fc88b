package dev.muster.client.connection;

import dev.muster.common.Limits;
import dev.muster.common.tls.PinnedTrust;
import dev.muster.proto.v1.ServerFinal;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One transport to the master and the gRPC channel around it, thrown away together. gRPC would
 * quietly put a second transport under the same channel; that one would not be authenticated. So
 * the first sign that the transport ended ends the link. What slips through in between reaches only
 * a holder of the pinned certificate, and is refused there as unauthenticated. Thread-safe.
 */
final class Link {
  // More than gRPC's threshold (30 days): never idle.
  private static final long NEVER_IDLE_DAYS = 365;
  private static final long KEEP_ALIVE_MS = 20_000;
  private static final long KEEP_ALIVE_TIMEOUT_MS = 10_000;

  private final ManagedChannel transport;
  private final Channel channel;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  private Link(ManagedChannel transport) {
    this.transport = transport;
    this.channel = ClientInterceptors.intercept(transport, new EndWhenUnauthenticated());
  }

  /** Makes a link; nothing is dialled before {@link #authenticate}. */
  static Link make(ConnectOptions options, @Nullable SslContext tls, IoThread io) {
    MasterAddress address = options.masterAddress();
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .userAgent(options.clientName())
            .maxInboundMessageSize(Limits.MESSAGE_BYTES_MAX)
            .idleTimeout(NEVER_IDLE_DAYS, TimeUnit.DAYS)
            .keepAliveTime(KEEP_ALIVE_MS, TimeUnit.MILLISECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_MS, TimeUnit.MILLISECONDS)
            .keepAliveWithoutCalls(true)
            .disableRetry(); // only the caller knows whether a call may be sent again
    io.use(builder);
    if (tls == null) {
      builder.usePlaintext();
    } else {
      builder.sslContext(tls);
    }
    return new Link(builder.build());
  }

  /** Dials and runs the exchange; {@link #ended} is watched from its success on. */
  CompletableFuture<ServerFinal> authenticate(ConnectOptions options, PinnedTrust trust) {
    return Authentication.run(transport, options, trust)
        .whenComplete(
            (serverFinal, failure) -> {
              if (failure == null) {
                transport.notifyWhenStateChanged(ConnectivityState.READY, this::end);
              }
            });
  }

  /** For calls of the application, once authenticated. */
  Channel channel() {
    return channel;
  }

  /** Completes, never exceptionally, when the transport is gone or going. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  /** Takes no new calls; those under way may finish, for a master that closes kindly lets them. */
  private void end() {
    transport.shutdown();
    ended.complete(null);
  }

  /** Ends everything at once. */
  void close() {
    transport.shutdownNow();
    ended.complete(null);
  }

  /** To callers, a transport that is not authenticated any more is one that is gone. */
  private final class EndWhenUnauthenticated implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<R>(listener) {
                @Override
                public void onClose(Status status, Metadata trailers) {
                  if (status.getCode() != Status.Code.UNAUTHENTICATED) {
                    super.onClose(status, trailers);
                    return;
                  }
                  end();
                  super.onClose(
                      Status.UNAVAILABLE.withDescription(
                          "the connection is not authenticated any more ("
                              + status.getDescription()
                              + "); it is being made anew"),
                      trailers);
                }
              },
              headers);
        }
      };
    }
  }
}
