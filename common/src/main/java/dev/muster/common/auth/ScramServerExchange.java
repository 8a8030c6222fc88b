package dev.muster.common.auth;

import com.ongres.scram.common.ScramFunctions;
import dev.muster.common.AuthenticationException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one SCRAM exchange: {@link #first}, then {@link #finish}, each once.
 *
 * <p>With a binding only SCRAM-SHA-256-PLUS is taken, without one only SCRAM-SHA-256: a client that
 * says otherwise was either misled or means harm. Not thread-safe.
 */
public final class ScramServerExchange {
  private static final SecureRandom RANDOM = new SecureRandom();

  private enum Step {
    FIRST,
    FINISH,
    DONE,
    FAILED
  }

  private final Function<String, ScramCredentials> credentialsOf;
  private final @Nullable ChannelBinding binding;
  private final String serverNonce;

  private Step step = Step.FIRST;
  private @Nullable ScramCredentials credentials;
  private String clientFirstBare = "";
  private String serverFirst = "";
  private String nonce = "";

  /**
   * Begins an exchange.
   *
   * @param credentialsOf the credentials of a key id; for an unknown id it gives ones that nothing
   *     can match and that look the same every time, so that ids cannot be found out
   * @param binding of the connection; null on a plaintext connection
   */
  public ScramServerExchange(
      Function<String, ScramCredentials> credentialsOf, @Nullable ChannelBinding binding) {
    this(credentialsOf, binding, ScramText.nonce(RANDOM));
  }

  ScramServerExchange(
      Function<String, ScramCredentials> credentialsOf,
      @Nullable ChannelBinding binding,
      String serverNonce) {
    this.credentialsOf = credentialsOf;
    this.binding = binding;
    this.serverNonce = serverNonce;
  }

  /**
   * Takes client-first-message and gives server-first-message.
   *
   * @throws AuthenticationException when it is malformed, out of turn, or asks for another binding
   */
  public String first(String clientFirst) {
    enter(Step.FIRST);
    Matcher parsed = ScramText.parse(ScramText.CLIENT_FIRST, clientFirst, "client-first-message");
    checkGs2Header(group(parsed, 1));
    clientFirstBare = group(parsed, 2);
    ScramCredentials found = credentialsOf.apply(group(parsed, 3));
    credentials = found;
    nonce = group(parsed, 4) + serverNonce;
    serverFirst =
        "r="
            + nonce
            + ",s="
            + ScramText.base64(found.salt().toByteArray())
            + ",i="
            + found.iterations();
    step = Step.FINISH;
    return serverFirst;
  }

  /**
   * Takes client-final-message and gives server-final-message. When it returns, the client has
   * proved that it holds the key on this very connection.
   *
   * @throws AuthenticationException when the proof, the nonce or the binding is wrong
   */
  public String finish(String clientFinal) {
    enter(Step.FINISH);
    ScramCredentials known = Objects.requireNonNull(credentials);
    Matcher parsed = ScramText.parse(ScramText.CLIENT_FINAL, clientFinal, "client-final-message");
    byte[] bindingInput = ScramText.base64(group(parsed, 2));
    byte[] proof = ScramText.base64(group(parsed, 4));
    if (!group(parsed, 3).equals(nonce)) {
      throw new AuthenticationException("the nonce is not that of this exchange");
    }
    String signed = clientFirstBare + "," + serverFirst + "," + group(parsed, 1);
    // The proof first: only who holds the key learns that the binding differs.
    if (!proves(proof, known, signed)) {
      throw new AuthenticationException("unknown key id or wrong key");
    }
    if (!MessageDigest.isEqual(bindingInput, ScramText.bindingInput(binding))) {
      throw new AuthenticationException(
          "the key is right, but the proof was made for another TLS connection: something stands"
              + " between client and master");
    }
    step = Step.DONE;
    return "v="
        + ScramText.base64(
            ScramFunctions.serverSignature(
                ScramText.MECHANISM, known.serverKey().toByteArray(), signed));
  }

  /** The id that the client claims; proved only once {@link #finish} has returned. */
  public String claimedKeyId() {
    return credentials == null ? "" : credentials.keyId();
  }

  private void enter(Step expected) {
    Step found = step;
    step = Step.FAILED; // until this step succeeds
    if (found != expected) {
      throw new AuthenticationException("SCRAM message out of turn");
    }
  }

  private void checkGs2Header(String header) {
    String expected = binding == null ? ScramText.GS2_UNBOUND : ScramText.GS2_BOUND;
    if (!header.equals(expected)) {
      throw new AuthenticationException(
          binding == null
              ? "this listener is plaintext: SCRAM-SHA-256 without channel binding is expected"
              : "SCRAM-SHA-256-PLUS with channel binding "
                  + ChannelBinding.TYPE
                  + " is required over TLS");
    }
  }

  private static boolean proves(byte[] proof, ScramCredentials known, String signed) {
    if (proof.length != ScramText.HASH_BYTES) {
      return false;
    }
    byte[] storedKey = known.storedKey().toByteArray();
    byte[] signature = ScramFunctions.clientSignature(ScramText.MECHANISM, storedKey, signed);
    byte[] clientKey = ScramFunctions.clientProof(proof, signature); // an exclusive or, both ways
    return MessageDigest.isEqual(
        ScramFunctions.storedKey(ScramText.MECHANISM, clientKey), storedKey);
  }

  private static String group(Matcher matcher, int number) {
    return Objects.requireNonNull(matcher.group(number));
  }
}
