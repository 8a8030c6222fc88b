package dev.muster.common.auth;

import com.google.protobuf.ByteString;
import dev.muster.common.AuthenticationException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * What ties an exchange to its TLS connection: {@code tls-server-end-point}, the hash of the
 * server's certificate. A proof made over one certificate is worthless on a connection with
 * another.
 *
 * @param data the hash; never empty
 */
public record ChannelBinding(ByteString data) {
  /** The type's name in SCRAM messages. */
  public static final String TYPE = "tls-server-end-point";

  private static final Pattern SIGNATURE_HASH =
      Pattern.compile("(MD5|SHA1|SHA224|SHA256|SHA384|SHA512)WITH.*");

  public ChannelBinding {
    if (data.isEmpty()) {
      // An empty binding would silently bind to nothing: the fault that other libraries had.
      throw new IllegalArgumentException("empty channel binding");
    }
  }

  /**
   * The binding of a server's certificate: its DER, hashed with the hash of its own signature, or
   * with SHA-256 where that is MD5 or SHA-1 (RFC 5929, section 4.1).
   *
   * @throws AuthenticationException when the signature has no such hash, e.g. Ed25519
   */
  public static ChannelBinding of(X509Certificate certificate) {
    try {
      byte[] hash =
          MessageDigest.getInstance(digestFor(certificate.getSigAlgName()))
              .digest(certificate.getEncoded());
      return new ChannelBinding(ByteString.copyFrom(hash));
    } catch (CertificateEncodingException | NoSuchAlgorithmException e) {
      throw new AuthenticationException("the certificate cannot be hashed: " + e.getMessage(), e);
    }
  }

  /**
   * The binding of the server at the other end of a TLS session.
   *
   * @throws AuthenticationException when it has no certificate or one without a defined hash
   */
  public static ChannelBinding ofPeer(SSLSession session) {
    return of(peerCertificate(session));
  }

  /**
   * The certificate of the server at the other end of a TLS session.
   *
   * @throws AuthenticationException when there is none
   */
  public static X509Certificate peerCertificate(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain.length > 0 && chain[0] instanceof X509Certificate certificate) {
        return certificate;
      }
      throw new AuthenticationException("the master's certificate is not an X.509 certificate");
    } catch (SSLPeerUnverifiedException e) {
      throw new AuthenticationException("the master showed no certificate", e);
    }
  }

  static String digestFor(String signatureAlgorithm) {
    Matcher hash =
        SIGNATURE_HASH.matcher(signatureAlgorithm.toUpperCase(Locale.ROOT).replace("-", ""));
    if (!hash.matches()) {
      throw new AuthenticationException(
          "channel binding is not defined for a certificate signed with "
              + signatureAlgorithm
              + "; use one signed with SHA256withECDSA or SHA256withRSA");
    }
    String name = hash.group(1);
    return name.equals("MD5") || name.equals("SHA1") ? "SHA-256" : "SHA-" + name.substring(3);
  }
}
