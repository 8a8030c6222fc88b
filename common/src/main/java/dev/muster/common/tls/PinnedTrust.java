package dev.muster.common.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Takes any certificate until one is pinned, and from then on only that one. The one to pin is the
 * one over which the auth key was proved. Names and dates in the certificate are not looked at: the
 * key, not a name, says who the master is. It extends X509ExtendedTrustManager because only then
 * does TLS leave the check of the host name to us. Thread-safe.
 */
public final class PinnedTrust extends X509ExtendedTrustManager {
  private static final X509Certificate[] NO_ISSUERS = {};

  private volatile @Nullable X509Certificate pinned;

  /** The handshake failed because the server showed another certificate than the pinned one. */
  public static final class PinMismatchException extends CertificateException {
    private static final long serialVersionUID = 1L;

    PinMismatchException(String message) {
      super(message);
    }
  }

  /**
   * From now on only this certificate is taken.
   *
   * @throws IllegalStateException when another one is pinned already
   */
  public synchronized void pin(X509Certificate certificate) {
    if (pinned != null && !pinned.equals(certificate)) {
      throw new IllegalStateException("another certificate is pinned already");
    }
    pinned = certificate;
  }

  /** The pinned certificate, or null as long as there is none. */
  public @Nullable X509Certificate pinned() {
    return pinned;
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    if (chain == null || chain.length == 0) {
      throw new CertificateException("the master showed no certificate");
    }
    X509Certificate expected = pinned;
    if (expected != null && !Arrays.equals(expected.getEncoded(), chain[0].getEncoded())) {
      throw new PinMismatchException(
          "expected the certificate with sha256 "
              + ServerCertificate.sha256Hex(expected)
              + ", found "
              + ServerCertificate.sha256Hex(chain[0]));
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw refuseClients();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    throw refuseClients();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    throw refuseClients();
  }

  private static CertificateException refuseClients() {
    return new CertificateException(
        "clients prove themselves with the auth key, not by certificate");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return NO_ISSUERS.clone();
  }
}
