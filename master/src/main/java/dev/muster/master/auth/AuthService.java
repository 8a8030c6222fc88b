package dev.muster.master.auth;

import dev.muster.common.AuthenticationException;
import dev.muster.common.Limits;
import dev.muster.common.Version;
import dev.muster.common.auth.ChannelBinding;
import dev.muster.common.auth.ScramServerExchange;
import dev.muster.common.tls.ServerCertificate;
import dev.muster.proto.v1.AuthGrpc;
import dev.muster.proto.v1.AuthenticateReply;
import dev.muster.proto.v1.AuthenticateRequest;
import dev.muster.proto.v1.ClientFirst;
import dev.muster.proto.v1.ServerFinal;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Auth service: SCRAM in two round trips, one try for each connection. Failures are logged with
 * the peer's address and reason; {@link FailedAttempts} bounds how many.
 */
public final class AuthService extends AuthGrpc.AuthImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(AuthService.class);
  private static final int SHOWN_CHARS_MAX = 100;

  private final KeyRing keys;
  private final @Nullable ChannelBinding binding;
  private final FailedAttempts attempts = new FailedAttempts(System::nanoTime);

  private AuthService(KeyRing keys, @Nullable ChannelBinding binding) {
    this.keys = keys;
    this.binding = binding;
  }

  /**
   * Guards a server: adds this service, and lets no other call but health through on a connection
   * that is not authenticated. Call it after every other {@code intercept}, so that it stands
   * before them.
   *
   * @param certificate of the server's TLS; null for a plaintext listener, which must be on
   *     loopback
   * @param gate the one given to {@code ServerLimits.apply} for the same server
   */
  public static void install(
      NettyServerBuilder server,
      KeyRing keys,
      @Nullable ServerCertificate certificate,
      ConnectionGate gate) {
    server
        .addTransportFilter(new TransportAuth(gate))
        .intercept(new AuthInterceptor())
        .addService(
            new AuthService(keys, certificate == null ? null : certificate.channelBinding()));
  }

  @Override
  public StreamObserver<AuthenticateRequest> authenticate(
      StreamObserver<AuthenticateReply> replies) {
    PeerTransport transport = PeerTransport.CONTEXT_KEY.get();
    if (transport == null) {
      throw new IllegalStateException("the interceptor must stand before this service");
    }
    Exchange exchange = new Exchange(transport, replies);
    exchange.begin();
    return exchange;
  }

  /** One call. gRPC calls it from one thread at a time. */
  private final class Exchange implements StreamObserver<AuthenticateRequest> {
    private final PeerTransport transport;
    private final StreamObserver<AuthenticateReply> replies;
    private final ScramServerExchange scram = new ScramServerExchange(keys::credentialsOf, binding);
    private String client = "";
    private boolean ended;

    Exchange(PeerTransport transport, StreamObserver<AuthenticateReply> replies) {
      this.transport = transport;
      this.replies = replies;
    }

    /** What comes after this may log: so it is here that a stranger's tries are counted. */
    void begin() {
      if (!transport.beginAttempt()) {
        end(Status.UNAUTHENTICATED.withDescription("a connection has one try; connect anew"));
      } else if (!attempts.tryBegin(transport.remoteAddress())) {
        LOG.debug("authentication of {} refused: too many attempts", transport);
        end(
            Status.RESOURCE_EXHAUSTED.withDescription(
                "too many failed authentications from this address; try again in a second"));
      }
    }

    @Override
    public void onNext(AuthenticateRequest request) {
      if (ended) {
        return;
      }
      try {
        if (request.getSerializedSize() > Limits.AUTH_MESSAGE_BYTES_MAX) {
          throw new AuthenticationException(
              "a message of the authentication may have at most "
                  + Limits.AUTH_MESSAGE_BYTES_MAX
                  + " bytes");
        }
        switch (request.getStepCase()) {
          case FIRST -> first(request.getFirst());
          case CLIENT_FINAL -> finish(request.getClientFinal());
          case STEP_NOT_SET -> throw new AuthenticationException("empty message");
        }
      } catch (AuthenticationException e) {
        LOG.warn(
            "authentication of {} failed: {} (key id \"{}\", client \"{}\")",
            transport,
            e.getMessage(),
            scram.claimedKeyId(),
            client);
        end(Status.UNAUTHENTICATED.withDescription(e.getMessage()));
      }
    }

    private void first(ClientFirst first) {
      client = harmless(first.getClient());
      if (transport.isTls() != (binding != null)
          || (!transport.isTls() && !transport.isLocalLoopback())) {
        throw new AuthenticationException("plaintext is served on a loopback address only");
      }
      if (first.getProtocol() != Limits.PROTOCOL) {
        LOG.info(
            "{} speaks protocol {}, we speak {} (client \"{}\")",
            transport,
            Integer.toUnsignedLong(first.getProtocol()),
            Limits.PROTOCOL,
            client);
        end(
            Status.FAILED_PRECONDITION.withDescription(
                "the client speaks protocol "
                    + Integer.toUnsignedLong(first.getProtocol())
                    + ", this master (version "
                    + Version.current()
                    + ") speaks protocol "
                    + Limits.PROTOCOL
                    + "; use versions that belong together"));
        return;
      }
      replies.onNext(
          AuthenticateReply.newBuilder().setServerFirst(scram.first(first.getMessage())).build());
    }

    private void finish(String clientFinal) {
      String serverFinal = scram.finish(clientFinal);
      Principal principal =
          keys.principalOf(scram.claimedKeyId())
              .orElseThrow(() -> new AuthenticationException("unknown key id or wrong key"));
      attempts.succeeded(transport.remoteAddress());
      // Before the reply: the client's next call may follow at once.
      transport.authenticated(principal);
      LOG.debug("{} authenticated with key {} (client \"{}\")", transport, principal, client);
      ended = true;
      replies.onNext(
          AuthenticateReply.newBuilder()
              .setFinal(
                  ServerFinal.newBuilder()
                      .setMessage(serverFinal)
                      .setProtocol(Limits.PROTOCOL)
                      .setVersion(Version.current())
                      .setPayloadBytesMax(Limits.PAYLOAD_BYTES_MAX))
              .build());
      replies.onCompleted();
    }

    private void end(Status status) {
      ended = true;
      replies.onError(status.asRuntimeException());
    }

    @Override
    public void onError(Throwable cancelled) {
      ended = true;
    }

    @Override
    public void onCompleted() {
      if (!ended) {
        end(Status.UNAUTHENTICATED.withDescription("the exchange was not finished"));
      }
    }
  }

  /** A stranger's text for the log: short, and without characters that could forge a line. */
  private static String harmless(String text) {
    String cut = text.length() > SHOWN_CHARS_MAX ? text.substring(0, SHOWN_CHARS_MAX) : text;
    return cut.replaceAll("[^\\x20-\\x7e]|[\"\\\\]", "?");
  }
}
