package dev.muster.client.connection;

import dev.muster.common.AuthenticationException;
import dev.muster.common.Limits;
import dev.muster.common.auth.ChannelBinding;
import dev.muster.common.auth.ScramClientExchange;
import dev.muster.common.tls.PinnedTrust;
import dev.muster.proto.v1.AuthGrpc;
import dev.muster.proto.v1.AuthenticateReply;
import dev.muster.proto.v1.AuthenticateRequest;
import dev.muster.proto.v1.ClientFirst;
import dev.muster.proto.v1.ServerFinal;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.security.cert.X509Certificate;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * One run of the Auth service's exchange. The binding is that of the very connection the call runs
 * on: it is asked for when the server's first message has arrived, for then the call has one. gRPC
 * calls the listener from one thread at a time.
 */
final class Authentication extends ClientCall.Listener<AuthenticateReply> {
  private final CompletableFuture<ServerFinal> done = new CompletableFuture<>();
  private final ClientCall<AuthenticateRequest, AuthenticateReply> call;
  private final ScramClientExchange exchange;
  private final ConnectOptions options;
  private final PinnedTrust trust;

  private Authentication(Channel channel, ConnectOptions options, PinnedTrust trust) {
    this.call =
        channel.newCall(
            AuthGrpc.getAuthenticateMethod(),
            CallOptions.DEFAULT.withDeadlineAfter(
                Limits.AUTHENTICATE_WITHIN_MS, TimeUnit.MILLISECONDS));
    this.exchange = new ScramClientExchange(options.key(), !options.plaintext());
    this.options = options;
    this.trust = trust;
  }

  /**
   * Runs the exchange on a channel's connection; dials it first where needed.
   *
   * @return what the master said of itself, once both sides have proved themselves and the
   *     certificate is pinned; else fails with AuthenticationException or gRPC's status
   */
  static CompletableFuture<ServerFinal> run(
      Channel channel, ConnectOptions options, PinnedTrust trust) {
    Authentication authentication = new Authentication(channel, options, trust);
    authentication.start();
    return authentication.done;
  }

  private void start() {
    call.start(this, new Metadata());
    call.request(2);
    call.sendMessage(
        AuthenticateRequest.newBuilder()
            .setFirst(
                ClientFirst.newBuilder()
                    .setMessage(exchange.first())
                    .setProtocol(Limits.PROTOCOL)
                    .setClient(options.clientName()))
            .build());
  }

  @Override
  public void onMessage(AuthenticateReply reply) {
    try {
      switch (reply.getStepCase()) {
        case SERVER_FIRST -> prove(reply.getServerFirst());
        case FINAL -> verify(reply.getFinal());
        case STEP_NOT_SET -> throw new AuthenticationException("the master sent an empty message");
      }
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
      call.cancel("authentication failed", e);
    }
  }

  private void prove(String serverFirst) {
    X509Certificate certificate = certificate();
    String clientFinal =
        exchange.respond(serverFirst, certificate == null ? null : ChannelBinding.of(certificate));
    call.sendMessage(AuthenticateRequest.newBuilder().setClientFinal(clientFinal).build());
    call.halfClose();
  }

  private void verify(ServerFinal serverFinal) {
    exchange.verify(serverFinal.getMessage());
    X509Certificate certificate = certificate();
    if (certificate != null) {
      trust.pin(certificate);
    }
    done.complete(serverFinal);
  }

  /** The master's certificate on this call's connection; null on plaintext only. */
  private @Nullable X509Certificate certificate() {
    if (options.plaintext()) {
      return null;
    }
    SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      throw new AuthenticationException("the connection has no TLS session to bind to");
    }
    return ChannelBinding.peerCertificate(session);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    // No effect after success.
    done.completeExceptionally(
        status.isOk()
            ? new AuthenticationException("the master ended the exchange without its proof")
            : status.asRuntimeException());
  }
}
