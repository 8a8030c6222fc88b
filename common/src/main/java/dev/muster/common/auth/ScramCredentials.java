package dev.muster.common.auth;

import com.google.protobuf.ByteString;
import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.StringPreparation;
import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;

/**
 * What a server keeps of an auth key. It can check a proof with it, but cannot make one.
 *
 * @param keyId the key's id
 * @param salt random, 16 bytes or more
 * @param iterations of PBKDF2
 * @param storedKey checks the client's proof
 * @param serverKey makes the server's proof
 */
public record ScramCredentials(
    String keyId, ByteString salt, int iterations, ByteString storedKey, ByteString serverKey) {
  /**
   * Rounds of PBKDF2: what RFC 7677 asks for at least. A key is 256 random bits, which no number of
   * rounds could make harder to guess; a pass phrase relies on its own length too.
   */
  public static final int ITERATIONS = 4_096;

  /**
   * Derives the credentials of a key; takes some milliseconds.
   *
   * @param salt random, 16 bytes or more
   * @throws InvalidInputException when a pass phrase holds characters that SASLprep forbids
   */
  public static ScramCredentials of(AuthKey key, ByteString salt) {
    return of(key, salt, ITERATIONS);
  }

  static ScramCredentials of(AuthKey key, ByteString salt, int iterations) {
    byte[] salted = saltedPassword(key, salt.toByteArray(), iterations);
    byte[] clientKey = ScramFunctions.clientKey(ScramText.MECHANISM, salted);
    return new ScramCredentials(
        key.id(),
        salt,
        iterations,
        ByteString.copyFrom(ScramFunctions.storedKey(ScramText.MECHANISM, clientKey)),
        ByteString.copyFrom(ScramFunctions.serverKey(ScramText.MECHANISM, salted)));
  }

  static byte[] saltedPassword(AuthKey key, byte[] salt, int iterations) {
    try {
      return ScramFunctions.saltedPassword(
          ScramText.MECHANISM,
          StringPreparation.SASL_PREPARATION,
          key.secret().toCharArray(),
          salt,
          iterations);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "the pass phrase holds characters that SASLprep (RFC 4013) does not allow; use plain"
              + " letters, digits, spaces and punctuation");
    }
  }

  @Override
  public String toString() {
    return "ScramCredentials[" + keyId + "]";
  }
}
