package dev.muster.master.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.client.connection.ConnectOptions;
import dev.muster.client.connection.Connection;
import dev.muster.common.AuthKey;
import dev.muster.common.AuthenticationException;
import dev.muster.common.Limits;
import dev.muster.common.UnreachableException;
import dev.muster.common.Version;
import dev.muster.common.tls.ServerCertificate;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.QueuesGrpc;
import io.grpc.Channel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client's connection against a guarded server on loopback. */
@Timeout(60)
final class AuthenticationTest {
  private static final AuthKey KEY = AuthKey.generate();
  private static final AuthKey WRONG = AuthKey.of(KEY.id() + "." + AuthKey.generate().secret());

  @TempDir static Path dir;
  private static ServerCertificate certificate;
  private static ServerCertificate otherCertificate;

  @BeforeAll
  static void makeCertificates() {
    certificate = ServerCertificate.loadOrMake(dir.resolve("own"));
    otherCertificate = ServerCertificate.loadOrMake(dir.resolve("other"));
  }

  @Test
  void shouldLetCallsThroughWithTheRightKey() throws Exception {
    try (TestMaster master = TestMaster.start(certificate, AuthKey.generate(), KEY);
        Connection connection = Connection.open(ConnectOptions.to(master.address(), KEY))) {
      assertThat(whoAmI(connection.channel())).isEqualTo(KEY.id());
      assertThat(connection.isConnected()).isTrue();
      assertThat(connection.lastFailure()).isNull();
      assertThat(connection.server().getVersion()).isEqualTo(Version.current());
      assertThat(connection.server().getPayloadBytesMax()).isEqualTo(Limits.PAYLOAD_BYTES_MAX);
    }
  }

  @Test
  void shouldRefuseWrongKeyForGoodAndNameIt() throws Exception {
    try (TestMaster master = TestMaster.start(certificate, KEY);
        Connection connection = Connection.open(ConnectOptions.to(master.address(), WRONG))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(AuthenticationException.class)
          .hasMessageContaining(master.address())
          .hasMessageContaining("refused key " + KEY.id())
          .hasMessageContaining("MUSTER_AUTH_KEY")
          .hasMessageNotContaining(WRONG.secret());
      assertThatThrownBy(() -> connection.authenticated().get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(AuthenticationException.class);
      assertThat(connection.isConnected()).isFalse();
    }
  }

  @Test
  void shouldRefuseUnknownKeyIdWithTheSameWords() throws Exception {
    AuthKey unknown = AuthKey.generate();
    try (TestMaster master = TestMaster.start(certificate, KEY);
        Connection connection = Connection.open(ConnectOptions.to(master.address(), unknown))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(AuthenticationException.class)
          .hasMessageContaining("unknown key id or wrong key");
    }
  }

  @Test
  void shouldRefuseManInTheMiddleThatRelaysTheExchange() throws Exception {
    try (TestMaster master = TestMaster.start(certificate, KEY);
        TlsRelay relay = new TlsRelay(otherCertificate, master.port());
        Connection connection = Connection.open(ConnectOptions.to(relay.address(), KEY))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(AuthenticationException.class)
          .hasMessageContaining("something stands between");
      assertThat(relay.bytesFromMaster).hasPositiveValue();
    }
  }

  @Test
  void shouldConnectOverPlaintextOnLoopback() throws Exception {
    try (TestMaster master = TestMaster.start(null, KEY);
        Connection connection =
            Connection.open(ConnectOptions.to(master.address(), KEY).withPlaintext(true))) {
      assertThat(whoAmI(connection.channel())).isEqualTo(KEY.id());
    }
  }

  @Test
  void shouldComeBackWhenTheMasterRestartsWithItsCertificate() throws Exception {
    TestMaster first = TestMaster.start(certificate, KEY);
    try (Connection connection = Connection.open(ConnectOptions.to(first.address(), KEY))) {
      whoAmI(connection.channel());
      CountDownLatch disconnected = new CountDownLatch(1);
      connection.onDisconnected(disconnected::countDown);

      first.close();
      disconnected.await();
      assertThat(connection.isConnected()).isFalse();
      try (TestMaster second =
          TestMaster.start(first.port(), certificate, new ConnectionGate(), KEY)) {
        assertThat(whoAmI(connection.authenticated().get(30, TimeUnit.SECONDS)))
            .isEqualTo(KEY.id());
        assertThat(second.gate.openConnections()).isEqualTo(1);
      }
    }
  }

  @Test
  void shouldConnectAnewWhenTheTransportIsGivenUp() throws Exception {
    try (TestMaster master = TestMaster.start(certificate, KEY);
        Connection connection = Connection.open(ConnectOptions.to(master.address(), KEY))) {
      Channel dead = connection.channel();
      connection.abandon(dead);

      Channel fresh = connection.channel();
      assertThat(fresh).isNotSameAs(dead);
      assertThat(whoAmI(fresh)).isEqualTo(KEY.id());

      connection.abandon(dead); // whoever comes late does not end the new one
      assertThat(connection.channel()).isSameAs(fresh);
      assertThat(whoAmI(fresh)).isEqualTo(KEY.id());
    }
  }

  @Test
  void shouldRefuseAMasterThatComesBackWithAnotherCertificate() throws Exception {
    TestMaster first = TestMaster.start(certificate, KEY);
    try (Connection connection = Connection.open(ConnectOptions.to(first.address(), KEY))) {
      whoAmI(connection.channel());
      CountDownLatch disconnected = new CountDownLatch(1);
      connection.onDisconnected(disconnected::countDown);

      first.close();
      disconnected.await();
      try (TestMaster second =
          TestMaster.start(first.port(), otherCertificate, new ConnectionGate(), KEY)) {
        // It holds the key, and still is not taken; later the right one is.
        assertThatThrownBy(connection::channel)
            .isInstanceOf(AuthenticationException.class)
            .hasMessageContaining(certificate.sha256Hex())
            .hasMessageContaining(otherCertificate.sha256Hex())
            .hasMessageContaining("restart this client");
      }
      try (TestMaster third =
          TestMaster.start(first.port(), certificate, new ConnectionGate(), KEY)) {
        assertThat(whoAmI(connection.authenticated().get(30, TimeUnit.SECONDS)))
            .isEqualTo(KEY.id());
        assertThat(third.port()).isEqualTo(first.port());
      }
    }
  }

  @Test
  void shouldSayThatNothingListens() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    try (Connection connection = Connection.open(impatient("127.0.0.1:" + port))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(UnreachableException.class)
          .hasMessage(
              "master at 127.0.0.1:"
                  + port
                  + " cannot be reached: connection refused; is it running?");
    }
  }

  @Test
  void shouldSayThatHostDoesNotResolve() {
    try (Connection connection = Connection.open(impatient("master.invalid:5000"))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("host name cannot be resolved");
    }
  }

  @Test
  void shouldSayThatTheMasterIsSilent() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Connection connection =
            Connection.open(
                ConnectOptions.to("127.0.0.1:" + silent.getLocalPort(), KEY)
                    .withConnectTimeout(Duration.ofMillis(300)))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("no answer within 300 ms");
    }
  }

  @Test
  void shouldSayThatTheMasterSpeaksPlaintext() throws Exception {
    try (TestMaster master = TestMaster.start(null, KEY);
        Connection connection = Connection.open(ConnectOptions.to(master.address(), KEY))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("does not speak TLS");
    }
  }

  @Test
  void shouldSayThatTheMasterSpeaksTls() throws Exception {
    try (TestMaster master = TestMaster.start(certificate, KEY);
        Connection connection = Connection.open(impatient(master.address()).withPlaintext(true))) {
      assertThatThrownBy(connection::channel)
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("connect without --plaintext");
    }
  }

  @Test
  void shouldFailWaitersWhenClosed() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Connection connection =
          Connection.open(ConnectOptions.to("127.0.0.1:" + silent.getLocalPort(), KEY));
      var waiting = connection.authenticated();

      connection.close();
      connection.close();

      assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(UnreachableException.class);
      assertThatThrownBy(connection::channel)
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("is closed");
    }
  }

  private static ConnectOptions impatient(String address) {
    return ConnectOptions.to(address, KEY).withConnectTimeout(Duration.ofSeconds(1));
  }

  private static String whoAmI(Channel channel) {
    return QueuesGrpc.newBlockingStub(channel)
        .getQueue(GetQueueRequest.getDefaultInstance())
        .getName();
  }
}
