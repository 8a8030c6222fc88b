package dev.muster.common.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.StringPreparation;
import dev.muster.common.AuthKey;
import dev.muster.common.AuthenticationException;
import java.util.List;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ScramTest {
  private static final ByteString SALT = ByteString.copyFromUtf8("0123456789abcdef");
  private static final AuthKey KEY = AuthKey.generate();
  private static final ScramCredentials CREDENTIALS = ScramCredentials.of(KEY, SALT);
  private static final ChannelBinding BINDING = binding("certificate of the master");
  private static final ChannelBinding OTHER = binding("certificate of a stranger");

  @Test
  void shouldSpeakTheExchangeOfRfc7677() {
    // given RFC 7677, section 3; its "pencil" is shorter than a key of ours may be
    RfcUser user = new RfcUser();
    ScramServerExchange server =
        new ScramServerExchange(id -> user.credentials, null, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");

    // when
    String serverFirst = server.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    String serverFinal =
        server.finish(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");

    // then
    assertThat(serverFirst)
        .isEqualTo(
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    assertThat(serverFinal).isEqualTo("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  }

  @Test
  void shouldAuthenticateBothSidesWithBinding() {
    ScramServerExchange server = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(KEY, true);

    String serverFinal = server.finish(client.respond(server.first(client.first()), BINDING));

    client.verify(serverFinal);
    assertThat(server.claimedKeyId()).isEqualTo(KEY.id());
  }

  @Test
  void shouldAuthenticateBothSidesOnPlaintext() {
    ScramServerExchange server = server(null);
    ScramClientExchange client = new ScramClientExchange(KEY, false);

    client.verify(server.finish(client.respond(server.first(client.first()), null)));
  }

  @Test
  void shouldAgreeWithAnIndependentClient() throws Exception {
    for (String secret : List.of(KEY.secret(), "correct horse bättery ½")) {
      AuthKey key = secret.equals(KEY.secret()) ? KEY : AuthKey.of(secret);
      ScramCredentials credentials = ScramCredentials.of(key, SALT);
      ScramClient client =
          ScramClient.builder()
              .advertisedMechanisms(List.of("SCRAM-SHA-256-PLUS"))
              .username(key.id())
              .password(secret.toCharArray())
              .channelBinding(ChannelBinding.TYPE, BINDING.data().toByteArray())
              .stringPreparation(StringPreparation.SASL_PREPARATION)
              .build();
      ScramServerExchange server = new ScramServerExchange(id -> credentials, BINDING);

      client.serverFirstMessage(server.first(client.clientFirstMessage().toString()));
      String serverFinal = server.finish(client.clientFinalMessage().toString());

      assertThat(client.serverFinalMessage(serverFinal).isError()).isFalse();
    }
  }

  @Test
  void shouldRefuseWrongKey() {
    AuthKey wrong = AuthKey.of(KEY.id() + "." + AuthKey.generate().secret());
    ScramServerExchange server = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(wrong, true);
    String clientFinal = client.respond(server.first(client.first()), BINDING);

    assertRefused(() -> server.finish(clientFinal), "unknown key id or wrong key");
  }

  @Test
  void shouldRefuseProofMadeForAnotherCertificate() {
    ScramServerExchange server = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(KEY, true);
    String clientFinal = client.respond(server.first(client.first()), OTHER);

    assertRefused(() -> server.finish(clientFinal), "something stands between");
  }

  @Test
  void shouldNotTellAboutBindingToOneWithoutTheKey() {
    AuthKey wrong = AuthKey.of(KEY.id() + "." + AuthKey.generate().secret());
    ScramServerExchange server = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(wrong, true);
    String clientFinal = client.respond(server.first(client.first()), OTHER);

    assertRefused(() -> server.finish(clientFinal), "unknown key id or wrong key");
  }

  @Test
  void shouldRefuseDowngrade() {
    String bare = "n=" + KEY.id() + ",r=0123456789abcdef";
    for (String header :
        List.of(
            "n,,", "y,,", "p=tls-unique,,", "p=tls-exporter,,", "p=tls-server-end-point,a=x,")) {
      assertRefused(() -> server(BINDING).first(header + bare), "is required over TLS");
    }
    assertRefused(
        () -> server(null).first("p=tls-server-end-point,," + bare), "listener is plaintext");
    assertRefused(() -> server(null).first("y,," + bare), "listener is plaintext");
  }

  @Test
  void shouldRefuseBindingOfOtherTypeInsideClientFinal() {
    // given a man in the middle that turned the client's "n" into "p=" and back
    ScramServerExchange server = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(KEY, false);
    String forged = client.first().replaceFirst("^n,,", "p=tls-server-end-point,,");
    String clientFinal = client.respond(server.first(forged), null);

    assertRefused(() -> server.finish(clientFinal), "something stands between");
  }

  @Test
  void shouldRefuseReplayOfRecordedExchange() {
    ScramServerExchange recorded = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(KEY, true);
    String clientFirst = client.first();
    String clientFinal = client.respond(recorded.first(clientFirst), BINDING);
    recorded.finish(clientFinal);

    ScramServerExchange server = server(BINDING);
    server.first(clientFirst);

    assertRefused(() -> server.finish(clientFinal), "nonce");
  }

  @Test
  void shouldRefuseEachStepASecondTimeAndOutOfTurn() {
    ScramServerExchange server = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(KEY, true);
    assertRefused(() -> server(BINDING).finish("c=biws,r=0123456789abcdef,p=aaaa"), "out of turn");
    String clientFinal = client.respond(server.first(client.first()), BINDING);
    server.finish(clientFinal);

    assertRefused(() -> server.finish(clientFinal), "out of turn");
    assertRefused(() -> server.first("x"), "out of turn");
    assertRefused(client::first, "out of turn");
  }

  @Test
  void shouldNotFinishAfterAFailedProof() {
    ScramServerExchange server = server(BINDING);
    ScramClientExchange client = new ScramClientExchange(KEY, true);
    String clientFinal = client.respond(server.first(client.first()), BINDING);

    assertRefused(() -> server.finish(clientFinal.replaceFirst("p=.{4}", "p=AAAA")), "wrong key");
    assertRefused(() -> server.finish(clientFinal), "out of turn");
  }

  @Test
  void shouldRefuseReflectedAndAlteredNonce() {
    ScramClientExchange reflected = new ScramClientExchange(KEY, true, "0123456789abcdef");
    reflected.first();
    assertRefused(
        () -> reflected.respond("r=0123456789abcdef,s=c2FsdHNhbHQ=,i=4096", BINDING), "nonce");

    ScramClientExchange altered = new ScramClientExchange(KEY, true, "0123456789abcdef");
    altered.first();
    assertRefused(
        () -> altered.respond("r=0123456789abcdeX99,s=c2FsdHNhbHQ=,i=4096", BINDING), "nonce");
  }

  @Test
  void shouldRefuseServerThatWeakensOrStallsTheClient() {
    for (String iterations : List.of("1", "4095", "100001", "9999999")) {
      ScramClientExchange client = new ScramClientExchange(KEY, true, "0123456789abcdef");
      client.first();
      assertRefused(
          () -> client.respond("r=0123456789abcdefX,s=c2FsdHNhbHQ=,i=" + iterations, BINDING),
          "iterations");
    }
  }

  @Test
  void shouldRefuseServerThatDoesNotHoldTheKey() {
    AuthKey others = AuthKey.of(KEY.id() + "." + AuthKey.generate().secret());
    ScramClientExchange client = new ScramClientExchange(KEY, true);
    ScramServerExchange rogue =
        new ScramServerExchange(id -> ScramCredentials.of(others, SALT), BINDING);
    client.respond(rogue.first(client.first()), BINDING);

    assertRefused(() -> client.verify("v=" + ScramText.base64(new byte[32])), "could not prove");
  }

  @Test
  void shouldNotShowSecretsInToString() {
    assertThat(CREDENTIALS.toString()).isEqualTo("ScramCredentials[" + KEY.id() + "]");
  }

  private static ScramServerExchange server(@Nullable ChannelBinding binding) {
    Function<String, ScramCredentials> lookup = id -> CREDENTIALS;
    return new ScramServerExchange(lookup, binding);
  }

  private static ChannelBinding binding(String text) {
    return new ChannelBinding(ByteString.copyFromUtf8(text));
  }

  private static void assertRefused(ThrowingCallable step, String reason) {
    assertThatThrownBy(step)
        .isInstanceOf(AuthenticationException.class)
        .hasMessageContaining(reason);
  }

  /** The user of the RFC's example. */
  private static final class RfcUser {
    final ScramCredentials credentials;

    RfcUser() {
      byte[] salt = ScramText.base64("W22ZaJ0SNY7soEsUEjb6gQ==");
      byte[] salted =
          ScramFunctions.saltedPassword(
              ScramText.MECHANISM,
              StringPreparation.SASL_PREPARATION,
              "pencil".toCharArray(),
              salt,
              4096);
      byte[] clientKey = ScramFunctions.clientKey(ScramText.MECHANISM, salted);
      credentials =
          new ScramCredentials(
              "user",
              ByteString.copyFrom(salt),
              4096,
              ByteString.copyFrom(ScramFunctions.storedKey(ScramText.MECHANISM, clientKey)),
              ByteString.copyFrom(ScramFunctions.serverKey(ScramText.MECHANISM, salted)));
    }
  }
}
