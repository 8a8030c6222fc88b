package dev.muster.common.auth;

import com.ongres.scram.common.ScramFunctions;
import dev.muster.common.AuthKey;
import dev.muster.common.AuthenticationException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one SCRAM exchange: {@link #first}, {@link #respond}, {@link #verify}, each
 * once. Not thread-safe.
 */
public final class ScramClientExchange {
  private static final SecureRandom RANDOM = new SecureRandom();

  private enum Step {
    FIRST,
    RESPOND,
    VERIFY,
    DONE,
    FAILED
  }

  private final AuthKey key;
  private final boolean bound;
  private final String clientNonce;

  private Step step = Step.FIRST;
  private byte @Nullable [] expectedSignature;

  /**
   * Begins an exchange.
   *
   * @param bound true over TLS: SCRAM-SHA-256-PLUS; false on a plaintext connection
   */
  public ScramClientExchange(AuthKey key, boolean bound) {
    this(key, bound, ScramText.nonce(RANDOM));
  }

  ScramClientExchange(AuthKey key, boolean bound, String clientNonce) {
    this.key = key;
    this.bound = bound;
    this.clientNonce = clientNonce;
  }

  /** Gives client-first-message. */
  public String first() {
    enter(Step.FIRST);
    step = Step.RESPOND;
    return (bound ? ScramText.GS2_BOUND : ScramText.GS2_UNBOUND) + firstBare();
  }

  /**
   * Takes server-first-message and gives client-final-message. Costs some milliseconds.
   *
   * @param binding of the connection that the exchange runs on; null exactly when it is plaintext
   * @throws AuthenticationException when the message is malformed, the nonce is not ours, or the
   *     iterations are out of bounds
   */
  public String respond(String serverFirst, @Nullable ChannelBinding binding) {
    enter(Step.RESPOND);
    if (bound != (binding != null)) {
      throw new AuthenticationException("the channel binding does not fit the connection");
    }
    Matcher parsed = ScramText.parse(ScramText.SERVER_FIRST, serverFirst, "server-first-message");
    String nonce = group(parsed, 1);
    if (!nonce.startsWith(clientNonce) || nonce.length() == clientNonce.length()) {
      throw new AuthenticationException("the master did not extend our nonce with its own");
    }
    byte[] salt = ScramText.base64(group(parsed, 2));
    int iterations = Integer.parseInt(group(parsed, 3));
    if (iterations < ScramText.ITERATIONS || iterations > ScramText.ITERATIONS_MAX) {
      throw new AuthenticationException(
          "the master asks for "
              + iterations
              + " iterations, outside "
              + ScramText.ITERATIONS
              + " to "
              + ScramText.ITERATIONS_MAX);
    }
    String withoutProof = "c=" + ScramText.base64(ScramText.bindingInput(binding)) + ",r=" + nonce;
    String signed = firstBare() + "," + serverFirst + "," + withoutProof;

    byte[] salted = ScramCredentials.saltedPassword(key, salt, iterations);
    byte[] clientKey = ScramFunctions.clientKey(ScramText.MECHANISM, salted);
    byte[] storedKey = ScramFunctions.storedKey(ScramText.MECHANISM, clientKey);
    byte[] signature = ScramFunctions.clientSignature(ScramText.MECHANISM, storedKey, signed);
    expectedSignature =
        ScramFunctions.serverSignature(
            ScramText.MECHANISM, ScramFunctions.serverKey(ScramText.MECHANISM, salted), signed);
    step = Step.VERIFY;
    return withoutProof
        + ",p="
        + ScramText.base64(ScramFunctions.clientProof(clientKey, signature));
  }

  /**
   * Takes server-final-message. When it returns, the server has proved that it holds the key.
   *
   * @throws AuthenticationException when the server's proof is wrong
   */
  public void verify(String serverFinal) {
    enter(Step.VERIFY);
    Matcher parsed = ScramText.parse(ScramText.SERVER_FINAL, serverFinal, "server-final-message");
    byte[] signature = ScramText.base64(group(parsed, 1));
    if (!MessageDigest.isEqual(signature, Objects.requireNonNull(expectedSignature))) {
      throw new AuthenticationException("the master could not prove that it holds the key");
    }
    step = Step.DONE;
  }

  private String firstBare() {
    return "n=" + key.id() + ",r=" + clientNonce;
  }

  private void enter(Step expected) {
    Step found = step;
    step = Step.FAILED; // until this step succeeds
    if (found != expected) {
      throw new AuthenticationException("SCRAM message out of turn");
    }
  }

  private static String group(Matcher matcher, int number) {
    return Objects.requireNonNull(matcher.group(number));
  }
}
