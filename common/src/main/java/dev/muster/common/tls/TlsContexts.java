package dev.muster.common.tls;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import javax.net.ssl.SSLException;

/** The TLS settings of both ends: TLS 1.3 only, HTTP/2 only. */
public final class TlsContexts {
  private static final String PROTOCOL = "TLSv1.3";

  private TlsContexts() {}

  /** For the master's listener. */
  public static SslContext server(ServerCertificate certificate) {
    return server(certificate, provider());
  }

  /** For a client; one context for each connection, since the pin belongs to it. */
  public static SslContext client(PinnedTrust trust) {
    return client(trust, provider());
  }

  static SslContext server(ServerCertificate certificate, SslProvider provider) {
    return build(
        SslContextBuilder.forServer(certificate.privateKey(), certificate.chain()), provider);
  }

  static SslContext client(PinnedTrust trust, SslProvider provider) {
    return build(SslContextBuilder.forClient().trustManager(trust), provider);
  }

  /** BoringSSL where its native library loads, for it costs a fraction of the JDK's engine. */
  static SslProvider provider() {
    return OpenSsl.isAvailable() && SslProvider.isTlsv13Supported(SslProvider.OPENSSL)
        ? SslProvider.OPENSSL
        : SslProvider.JDK;
  }

  private static SslContext build(SslContextBuilder builder, SslProvider provider) {
    try {
      return GrpcSslContexts.configure(builder, provider).protocols(PROTOCOL).build();
    } catch (SSLException e) {
      // Neither side can run without it, and nothing a user gave can cause it.
      throw new IllegalStateException("TLS 1.3 cannot be set up with " + provider, e);
    }
  }
}
