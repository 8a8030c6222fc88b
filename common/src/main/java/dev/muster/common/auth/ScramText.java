package dev.muster.common.auth;

import com.google.protobuf.ByteString;
import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import dev.muster.common.AuthenticationException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The form of SCRAM's four messages, as strict as it can be: no optional extension, no second
 * spelling of anything, so that a message that parses is also the message that was signed.
 *
 * <pre>
 *   client-first   n,,n=ID,r=NONCE            or  p=tls-server-end-point,,n=ID,r=NONCE
 *   server-first   r=NONCE+MORE,s=SALT,i=ITERATIONS
 *   client-final   c=BINDING,r=NONCE+MORE,p=PROOF
 *   server-final   v=SIGNATURE
 * </pre>
 *
 * The signed text is client-first without its GS2 header, server-first, and client-final without
 * its proof, joined by commas.
 */
final class ScramText {
  /** With or without binding, the mechanism's functions are the same. */
  static final ScramMechanism MECHANISM = ScramMechanism.SCRAM_SHA_256;

  static final String GS2_BOUND = "p=" + ChannelBinding.TYPE + ",,";
  static final String GS2_UNBOUND = "n,,";
  static final int ITERATIONS = ScramCredentials.ITERATIONS;
  // A rogue server must neither weaken the hash nor keep the client busy for minutes.
  static final int ITERATIONS_MAX = 100_000;
  static final int HASH_BYTES = 32;

  private static final int NONCE_CHARS = 24;
  private static final String NONCE = "[\\x21-\\x2b\\x2d-\\x7e]{16,256}";
  private static final String BASE64 = "[A-Za-z0-9+/]{1,1000}={0,2}";
  static final Pattern CLIENT_FIRST =
      Pattern.compile("([pny][^,]{0,64},[^,]{0,64},)(n=([A-Za-z0-9_-]{1,64}),r=(" + NONCE + "))");
  static final Pattern SERVER_FIRST =
      Pattern.compile("r=(" + NONCE + "),s=(" + BASE64 + "),i=([1-9][0-9]{0,6})");
  static final Pattern CLIENT_FINAL =
      Pattern.compile("(c=(" + BASE64 + "),r=(" + NONCE + ")),p=(" + BASE64 + ")");
  static final Pattern SERVER_FINAL = Pattern.compile("v=(" + BASE64 + ")");

  private ScramText() {}

  static Matcher parse(Pattern form, String message, String name) {
    Matcher matcher = form.matcher(message);
    if (!matcher.matches()) {
      throw new AuthenticationException("malformed SCRAM " + name);
    }
    return matcher;
  }

  /** Decodes and refuses a second spelling of the same bytes. */
  static byte[] base64(@Nullable String text) {
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      if (base64(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // The refusal below says it all, and the text comes from a stranger.
    }
    throw new AuthenticationException("malformed base64 in a SCRAM message");
  }

  static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  static String nonce(SecureRandom random) {
    return ScramFunctions.nonce(NONCE_CHARS, random);
  }

  /** SCRAM's c= attribute: GS2 header and binding. */
  static byte[] bindingInput(@Nullable ChannelBinding binding) {
    return binding == null
        ? ByteString.copyFromUtf8(GS2_UNBOUND).toByteArray()
        : ByteString.copyFromUtf8(GS2_BOUND).concat(binding.data()).toByteArray();
  }
}
