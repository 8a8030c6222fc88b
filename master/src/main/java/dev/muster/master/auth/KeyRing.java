package dev.muster.master.auth;

import com.google.protobuf.ByteString;
import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;
import dev.muster.common.auth.ScramCredentials;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys that are valid now; several at once, so that one can be replaced without a pause. Holds
 * credentials only: with them a proof can be checked, not made. Immutable.
 */
public final class KeyRing {
  private static final String HMAC = "HmacSHA256";
  private static final int SECRET_BYTES = 32;
  private static final int SALT_BYTES = 16;

  // New at each start: salts of known and unknown ids come from it alike.
  private final SecretKeySpec secret;
  private final Map<String, ScramCredentials> credentials = new HashMap<>();
  private final Map<String, Principal> principals = new HashMap<>();

  private KeyRing() {
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    secret = new SecretKeySpec(random, HMAC);
  }

  /**
   * Derives the credentials of some keys; takes milliseconds for each.
   *
   * @throws InvalidInputException when there is no key, or two with the same id
   */
  public static KeyRing of(Collection<AuthKey> keys) {
    if (keys.isEmpty()) {
      throw new InvalidInputException(
          "the master needs an auth key; make one with: muster keygen --out FILE");
    }
    KeyRing ring = new KeyRing();
    for (AuthKey key : keys) {
      ScramCredentials derived = ScramCredentials.of(key, ring.salt(key.id()));
      if (ring.credentials.put(key.id(), derived) != null) {
        throw new InvalidInputException("two auth keys have the id " + key.id() + "; remove one");
      }
      ring.principals.put(key.id(), new Principal(key.id()));
    }
    return ring;
  }

  /** Whom a proved key stands for; empty for an id that is not in the ring. */
  Optional<Principal> principalOf(String keyId) {
    return Optional.ofNullable(principals.get(keyId));
  }

  /**
   * What checks a proof for this id. For an unknown id it is made up, the same each time and in the
   * same form as a real one; no key fits it. So nobody can find out which ids exist.
   */
  ScramCredentials credentialsOf(String keyId) {
    // Made up in either case, so that both take the same time.
    ScramCredentials madeUp =
        new ScramCredentials(
            keyId,
            salt(keyId),
            ScramCredentials.ITERATIONS,
            hmac("stored key", keyId),
            hmac("server key", keyId));
    return credentials.getOrDefault(keyId, madeUp);
  }

  private ByteString salt(String keyId) {
    return hmac("salt", keyId).substring(0, SALT_BYTES);
  }

  private ByteString hmac(String purpose, String keyId) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(secret);
      mac.update(ByteString.copyFromUtf8(purpose + ":" + keyId).toByteArray());
      return ByteString.copyFrom(mac.doFinal());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + HMAC, e);
    }
  }

  @Override
  public String toString() {
    return "KeyRing" + credentials.keySet();
  }
}
