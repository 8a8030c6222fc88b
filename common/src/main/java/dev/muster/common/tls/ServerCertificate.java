package dev.muster.common.tls;

import dev.muster.common.AuthenticationException;
import dev.muster.common.InvalidInputException;
import dev.muster.common.auth.ChannelBinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;

/**
 * The certificate that a master shows, with its private key. Immutable.
 *
 * <p>One that Muster made lives as {@value #CERTIFICATE_FILE} and {@value #KEY_FILE} in the
 * master's data directory. It is made once: clients pin it, so a new one makes every running client
 * refuse the master.
 */
public final class ServerCertificate {
  /** The file with the certificate, PEM. */
  public static final String CERTIFICATE_FILE = "certificate.pem";

  /** The file with the private key, PEM, mode 0600. */
  public static final String KEY_FILE = "key.pem";

  private final List<X509Certificate> chain;
  private final PrivateKey privateKey;
  private final ChannelBinding binding;

  ServerCertificate(List<X509Certificate> chain, PrivateKey privateKey) {
    this.chain = List.copyOf(chain);
    this.privateKey = privateKey;
    this.binding = ChannelBinding.of(chain.get(0));
  }

  /**
   * Loads the pair of a directory, or makes a self-signed one (ECDSA P-256) when there is none.
   *
   * @throws InvalidInputException when one of the two files is missing, one cannot be read, or they
   *     do not belong together
   */
  public static ServerCertificate loadOrMake(Path directory) {
    Path certificateFile = directory.resolve(CERTIFICATE_FILE);
    Path keyFile = directory.resolve(KEY_FILE);
    boolean hasCertificate = Files.exists(certificateFile);
    boolean hasKey = Files.exists(keyFile);
    if (hasCertificate && hasKey) {
      return fromPem(certificateFile, keyFile);
    }
    if (hasCertificate || hasKey) {
      Path found = hasCertificate ? certificateFile : keyFile;
      Path missing = hasCertificate ? keyFile : certificateFile;
      throw new InvalidInputException(
          "TLS needs both files, but "
              + missing
              + " is missing beside "
              + found
              + "; restore it, or remove "
              + found
              + " to have a new pair made (running clients must then be restarted)");
    }
    ServerCertificate made = SelfSigned.make();
    try {
      Files.createDirectories(directory);
      PemFiles.writePrivate(keyFile, made.privateKey);
      PemFiles.write(certificateFile, made.certificate());
    } catch (IOException e) {
      throw new InvalidInputException(
          "the TLS certificate cannot be written to " + directory + ": " + e.getMessage(), e);
    }
    return made;
  }

  /**
   * Loads a certificate (leaf first, then its chain) and its private key (PKCS #8 or SEC 1, without
   * a password) from PEM files.
   *
   * @throws InvalidInputException when a file cannot be read, holds something else, the two do not
   *     belong together, or the certificate's signature allows no channel binding
   */
  public static ServerCertificate fromPem(Path certificateFile, Path keyFile) {
    List<X509Certificate> chain = PemFiles.readCertificates(certificateFile);
    PrivateKey key = PemFiles.readPrivateKey(keyFile);
    if (!belongTogether(chain.get(0).getPublicKey(), key)) {
      throw new InvalidInputException(
          "private key " + keyFile + " does not belong to certificate " + certificateFile);
    }
    try {
      return new ServerCertificate(chain, key);
    } catch (AuthenticationException e) {
      throw new InvalidInputException(certificateFile + ": " + e.getMessage(), e);
    }
  }

  /** The certificate itself, without its chain. */
  public X509Certificate certificate() {
    return chain.get(0);
  }

  /** The certificate, then those that signed it, as they are sent. */
  public List<X509Certificate> chain() {
    return chain;
  }

  /** Never log it. */
  PrivateKey privateKey() {
    return privateKey;
  }

  /** What the SCRAM exchange on connections with this certificate is bound to. */
  public ChannelBinding channelBinding() {
    return binding;
  }

  /** The fingerprint for people: SHA-256 of the certificate, 64 lower-case hex digits. */
  public String sha256Hex() {
    return sha256Hex(certificate());
  }

  static String sha256Hex(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    } catch (CertificateEncodingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a certificate that was parsed cannot be hashed", e);
    }
  }

  private static boolean belongTogether(PublicKey publicKey, PrivateKey privateKey) {
    if (!publicKey.getAlgorithm().equals(privateKey.getAlgorithm())) {
      return false;
    }
    try {
      Signature signature =
          Signature.getInstance(
              publicKey.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
      byte[] probe = new byte[32];
      new SecureRandom().nextBytes(probe);
      signature.initSign(privateKey);
      signature.update(probe);
      byte[] signed = signature.sign();
      signature.initVerify(publicKey);
      signature.update(probe);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false; // another curve or size: a key of another certificate
    }
  }

  @Override
  public String toString() {
    return "ServerCertificate[" + sha256Hex() + "]";
  }
}
