package dev.muster.common;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The secret that masters, workers and clients share, with the id under which it is known.
 *
 * <p>Two forms: {@code <id>.<43 characters>}, where the characters are 32 random bytes in
 * base64url; or a pass phrase of at least {@value #PASS_PHRASE_CHARS_MIN} characters, whose id is
 * {@value #PASS_PHRASE_ID}. Immutable. Never printed: {@link #toString()} shows only the id.
 */
public final class AuthKey {
  /** The environment variable that holds a key. */
  public static final String ENVIRONMENT_VARIABLE = "MUSTER_AUTH_KEY";

  /** The id of a key that is a pass phrase. */
  public static final String PASS_PHRASE_ID = "default";

  /** Shortest pass phrase, characters. */
  public static final int PASS_PHRASE_CHARS_MIN = 16;

  private static final int TEXT_CHARS_MAX = 1_024;
  private static final int SECRET_BYTES = 32;
  private static final int GENERATED_ID_CHARS = 6;
  private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
  // 43 characters hold 258 bits: the last one carries 4 bits of the secret and 2 that are zero.
  private static final Pattern KEY =
      Pattern.compile("([A-Za-z0-9_-]{1,64})\\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])");
  private static final Pattern LOOKS_GENERATED =
      Pattern.compile("k[a-z2-7]{" + GENERATED_ID_CHARS + "}\\..*");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private final String id;
  private final String secret;

  private AuthKey(String id, String secret) {
    this.id = id;
    this.secret = secret;
  }

  /** A new key from the system's random source. */
  public static AuthKey generate() {
    SecureRandom random = new SecureRandom();
    StringBuilder id = new StringBuilder("k");
    for (int i = 0; i < GENERATED_ID_CHARS; i++) {
      id.append(BASE32.charAt(random.nextInt(BASE32.length())));
    }
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    return new AuthKey(
        id.toString(), Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
  }

  /**
   * Reads a key's text; white space around it is ignored.
   *
   * @throws InvalidInputException when it has neither form; the message never shows the text
   */
  public static AuthKey of(String text) {
    String stripped = text.strip();
    Matcher key = KEY.matcher(stripped);
    if (key.matches()) {
      return new AuthKey(
          Objects.requireNonNull(key.group(1)), Objects.requireNonNull(key.group(2)));
    }
    if (stripped.chars().anyMatch(Character::isISOControl)) {
      throw new InvalidInputException(
          "the auth key must be one line without control characters; make one with: muster keygen");
    }
    if (LOOKS_GENERATED.matcher(stripped).matches()) {
      throw new InvalidInputException(
          "the auth key begins like one of muster keygen, but what follows the dot is not 43"
              + " characters of base64url (found "
              + (stripped.length() - stripped.indexOf('.') - 1)
              + " characters); copy the whole line");
    }
    if (stripped.length() < PASS_PHRASE_CHARS_MIN || stripped.length() > TEXT_CHARS_MAX) {
      throw new InvalidInputException(
          "the auth key must be a line of muster keygen, or a pass phrase of "
              + PASS_PHRASE_CHARS_MIN
              + " to "
              + TEXT_CHARS_MAX
              + " characters; found "
              + stripped.length()
              + " characters");
    }
    return new AuthKey(PASS_PHRASE_ID, stripped);
  }

  /**
   * Reads a key from a file that only its owner can read.
   *
   * @throws InvalidInputException when the file is missing, empty, unreadable, open to group or
   *     others, or holds no key
   */
  public static AuthKey fromFile(Path file) {
    try {
      refuseWhenOthersMayRead(file);
      // One character more than the longest key, four bytes each, is enough to refuse a wrong file.
      byte[] bytes;
      try (var in = Files.newInputStream(file)) {
        bytes = in.readNBytes(4 * TEXT_CHARS_MAX + 4);
      }
      String text = new String(bytes, StandardCharsets.UTF_8).strip();
      if (text.isEmpty()) {
        throw new InvalidInputException(
            "auth key file " + file + " is empty; make one with: muster keygen --out FILE");
      }
      return of(text);
    } catch (NoSuchFileException e) {
      throw new InvalidInputException(
          "auth key file " + file + " does not exist; make one with: muster keygen --out " + file,
          e);
    } catch (IOException e) {
      throw new InvalidInputException(
          "auth key file " + file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads the key from {@value #ENVIRONMENT_VARIABLE}.
   *
   * @throws InvalidInputException when the variable is not set, empty, or holds no key
   */
  public static AuthKey fromEnvironment() {
    return fromVariable(System.getenv(ENVIRONMENT_VARIABLE));
  }

  static AuthKey fromVariable(@Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new InvalidInputException(
          "no auth key: give --auth-key-file FILE or set "
              + ENVIRONMENT_VARIABLE
              + "; make a key with: muster keygen --out FILE");
    }
    return of(value);
  }

  /**
   * The key of the file if one is given, else that of the environment.
   *
   * @throws InvalidInputException as {@link #fromFile} or {@link #fromEnvironment}
   */
  public static AuthKey resolve(@Nullable Path file) {
    return file != null ? fromFile(file) : fromEnvironment();
  }

  /** What the key is called, on the wire and in logs. Not secret. */
  public String id() {
    return id;
  }

  /** The secret part: the 43 characters, or the pass phrase. Never log it. */
  public String secret() {
    return secret;
  }

  /** The text that {@link #of} reads; secret. */
  public String toText() {
    return id.equals(PASS_PHRASE_ID) && !isRandom(secret) ? secret : id + "." + secret;
  }

  /**
   * Writes the key to a new file with mode 0600.
   *
   * @throws InvalidInputException when the file exists already (it is left as it is) or cannot be
   *     written
   */
  public void writeTo(Path file) {
    byte[] line = (toText() + "\n").getBytes(StandardCharsets.UTF_8);
    try {
      // The mode is part of the creation: there is no moment in which others could read it.
      if (isPosix(file)) {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        Files.write(file, line, StandardOpenOption.WRITE);
      } else {
        Files.write(file, line, StandardOpenOption.CREATE_NEW);
      }
    } catch (FileAlreadyExistsException e) {
      throw new InvalidInputException(
          "auth key file " + file + " exists already; remove it first or name another", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          "auth key file " + file + " cannot be written: " + e.getMessage(), e);
    }
  }

  private static boolean isRandom(String secret) {
    return KEY.matcher("x." + secret).matches();
  }

  private static void refuseWhenOthersMayRead(Path file) throws IOException {
    if (!isPosix(file)) {
      return; // no modes to check on such a file system
    }
    for (PosixFilePermission permission : Files.getPosixFilePermissions(file)) {
      if (permission.name().startsWith("GROUP_") || permission.name().startsWith("OTHERS_")) {
        throw new InvalidInputException(
            "auth key file "
                + file
                + " is open to group or others (mode "
                + PosixFilePermissions.toString(Files.getPosixFilePermissions(file))
                + "); run: chmod 600 "
                + file);
      }
    }
  }

  private static boolean isPosix(Path file) throws IOException {
    Path parent = file.toAbsolutePath().getParent();
    Path existing = Files.exists(file) || parent == null ? file : parent;
    return Files.getFileStore(existing).supportsFileAttributeView(PosixFileAttributeView.class);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AuthKey that && id.equals(that.id) && secret.equals(that.secret);
  }

  @Override
  public int hashCode() {
    return Objects.hash(id, secret);
  }

  @Override
  public String toString() {
    return "AuthKey[" + id + "]";
  }
}
