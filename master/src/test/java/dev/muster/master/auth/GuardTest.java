package dev.muster.master.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.AuthKey;
import dev.muster.common.Limits;
import dev.muster.common.auth.ChannelBinding;
import dev.muster.common.auth.ScramClientExchange;
import dev.muster.common.tls.PinnedTrust;
import dev.muster.common.tls.ServerCertificate;
import dev.muster.common.tls.TlsContexts;
import dev.muster.proto.v1.AuthGrpc;
import dev.muster.proto.v1.AuthenticateReply;
import dev.muster.proto.v1.AuthenticateRequest;
import dev.muster.proto.v1.ClientFirst;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.QueuesGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a stranger can do to a guarded server, message by message. */
@Timeout(60)
final class GuardTest {
  private static final AuthKey KEY = AuthKey.generate();

  @TempDir Path dir;
  private ServerCertificate certificate;
  private TestMaster master;

  @BeforeEach
  void start() throws IOException {
    certificate = ServerCertificate.loadOrMake(dir);
    master = TestMaster.start(certificate, KEY);
  }

  @AfterEach
  void stop() {
    master.close();
  }

  @Test
  void shouldRefuseEveryCallButHealthBeforeAuthentication() {
    try (Stranger stranger = new Stranger()) {
      assertThatThrownBy(stranger::whoAmI)
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNAUTHENTICATED")
          .hasMessageContaining("muster.v1.Auth/Authenticate");
      assertThat(
              HealthGrpc.newBlockingStub(stranger.channel)
                  .check(HealthCheckRequest.getDefaultInstance())
                  .getStatus())
          .isEqualTo(ServingStatus.SERVING);
    }
  }

  @Test
  void shouldNotAuthenticateOtherConnections() throws Exception {
    try (Stranger one = new Stranger();
        Stranger other = new Stranger()) {
      one.authenticate();

      assertThat(one.whoAmI()).isEqualTo(KEY.id());
      assertThatThrownBy(other::whoAmI).hasMessageContaining("UNAUTHENTICATED");
    }
  }

  @Test
  void shouldRefuseReplayOnAnotherConnection() throws Exception {
    try (Stranger one = new Stranger();
        Stranger other = new Stranger()) {
      ScramClientExchange exchange = new ScramClientExchange(KEY, true);
      String clientFirst = exchange.first();
      one.send(clientFirst);
      String clientFinal =
          exchange.respond(one.reply().getServerFirst(), certificate.channelBinding());
      one.finish(clientFinal);
      assertThat(one.reply().hasFinal()).isTrue();

      other.send(clientFirst);
      other.reply();
      other.finish(clientFinal);

      assertThat(other.failure().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThatThrownBy(other::whoAmI).hasMessageContaining("UNAUTHENTICATED");
    }
  }

  @Test
  void shouldRefuseDowngradeOverTls() throws Exception {
    try (Stranger stranger = new Stranger()) {
      stranger.send(new ScramClientExchange(KEY, false).first());

      assertThat(stranger.failure().getDescription())
          .contains("SCRAM-SHA-256-PLUS")
          .contains("required over TLS");
    }
  }

  @Test
  void shouldGiveAConnectionOneTry() throws Exception {
    try (Stranger stranger = new Stranger()) {
      stranger.send("garbage");
      assertThat(stranger.failure().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);

      stranger.begin();

      assertThat(stranger.failure().getDescription()).contains("one try");
    }
  }

  @Test
  void shouldNameBothProtocolsWhenTheyDiffer() throws Exception {
    try (Stranger stranger = new Stranger()) {
      stranger.send(new ScramClientExchange(KEY, true).first(), 99);

      Status failure = stranger.failure();
      assertThat(failure.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
      assertThat(failure.getDescription()).contains("protocol 99").contains("protocol 1");
    }
  }

  @Test
  void shouldRefuseOversizedAndEmptyMessagesAndEarlyEnd() throws Exception {
    try (Stranger stranger = new Stranger()) {
      stranger.send("n".repeat(Limits.AUTH_MESSAGE_BYTES_MAX));
      assertThat(stranger.failure().getDescription()).contains("at most 8192 bytes");
    }
    try (Stranger stranger = new Stranger()) {
      stranger.requests.onNext(AuthenticateRequest.getDefaultInstance());
      assertThat(stranger.failure().getDescription()).contains("empty message");
    }
    try (Stranger stranger = new Stranger()) {
      stranger.requests.onCompleted();
      assertThat(stranger.failure().getDescription()).contains("not finished");
    }
  }

  @Test
  void shouldRefuseFurtherTriesFromAnAddressThatFailedManyTimes() throws Exception {
    Status last = Status.OK;
    for (int i = 0; i < 1_000 && last.getCode() != Status.Code.RESOURCE_EXHAUSTED; i++) {
      try (Stranger stranger = new Stranger()) {
        stranger.send("garbage");
        last = stranger.failure();
      }
    }

    assertThat(last.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(last.getDescription()).contains("too many failed authentications");
  }

  @Test
  void shouldCloseConnectionThatDoesNotAuthenticateInTime() throws Exception {
    try (TestMaster hasty = TestMaster.start(0, certificate, new ConnectionGate(10, 10, 1), KEY);
        Socket idle = new Socket(InetAddress.getLoopbackAddress(), hasty.port())) {
      assertThat(idle.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void shouldRefuseConnectionsOverTheCaps() throws Exception {
    try (TestMaster small =
            TestMaster.start(0, certificate, new ConnectionGate(10, 1, 60_000), KEY);
        Socket first = new Socket(InetAddress.getLoopbackAddress(), small.port());
        Socket second = new Socket(InetAddress.getLoopbackAddress(), small.port())) {
      assertThat(isClosedByPeer(second)).isTrue();
      assertThat(small.gate.openConnections()).isEqualTo(1);
      assertThat(small.gate.refusedConnections()).isEqualTo(1);
      assertThat(first.isConnected()).isTrue();
    }
  }

  private static boolean isClosedByPeer(Socket socket) {
    try {
      return socket.getInputStream().read() == -1;
    } catch (IOException reset) {
      return true;
    }
  }

  /** A client that says what the test wants it to say. */
  private final class Stranger implements AutoCloseable, StreamObserver<AuthenticateReply> {
    final ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", master.port())
            .sslContext(TlsContexts.client(new PinnedTrust()))
            .build();
    private final BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
    StreamObserver<AuthenticateRequest> requests = AuthGrpc.newStub(channel).authenticate(this);

    void begin() {
      requests = AuthGrpc.newStub(channel).authenticate(this);
    }

    void send(String clientFirst) {
      send(clientFirst, Limits.PROTOCOL);
    }

    void send(String clientFirst, int protocol) {
      requests.onNext(
          AuthenticateRequest.newBuilder()
              .setFirst(
                  ClientFirst.newBuilder()
                      .setMessage(clientFirst)
                      .setProtocol(protocol)
                      .setClient("stranger\n\"evil\""))
              .build());
    }

    void finish(String clientFinal) {
      requests.onNext(AuthenticateRequest.newBuilder().setClientFinal(clientFinal).build());
    }

    void authenticate() throws InterruptedException {
      ChannelBinding binding = certificate.channelBinding();
      ScramClientExchange exchange = new ScramClientExchange(KEY, true);
      send(exchange.first());
      finish(exchange.respond(reply().getServerFirst(), binding));
      exchange.verify(reply().getFinal().getMessage());
    }

    String whoAmI() {
      return QueuesGrpc.newBlockingStub(channel)
          .getQueue(GetQueueRequest.getDefaultInstance())
          .getName();
    }

    AuthenticateReply reply() throws InterruptedException {
      return (AuthenticateReply) answers.take();
    }

    Status failure() throws InterruptedException {
      return (Status) answers.take();
    }

    @Override
    public void onNext(AuthenticateReply reply) {
      answers.add(reply);
    }

    @Override
    public void onError(Throwable failure) {
      answers.add(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {}

    @Override
    public void close() {
      channel.shutdownNow();
    }
  }
}
