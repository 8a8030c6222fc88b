package dev.muster.common.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.common.auth.ChannelBinding;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TlsContextsTest {
  private static final List<SslProvider> PROVIDERS =
      OpenSsl.isAvailable()
          ? List.of(SslProvider.JDK, SslProvider.OPENSSL)
          : List.of(SslProvider.JDK);

  @TempDir Path dir;

  @Test
  void shouldPreferTheNativeProviderWhereItLoads() {
    assertThat(TlsContexts.provider()).isEqualTo(PROVIDERS.get(PROVIDERS.size() - 1));
  }

  @Test
  void shouldSpeakTls13BetweenAllProvidersAndAgreeOnBinding() {
    ServerCertificate certificate = ServerCertificate.loadOrMake(dir);
    for (SslProvider server : PROVIDERS) {
      for (SslProvider client : PROVIDERS) {
        SslHandler serverEnd =
            TlsContexts.server(certificate, server).newHandler(ByteBufAllocator.DEFAULT);
        SslHandler clientEnd =
            TlsContexts.client(new PinnedTrust(), client)
                .newHandler(ByteBufAllocator.DEFAULT, "127.0.0.1", 5000);

        handshake(clientEnd, serverEnd);

        assertThat(clientEnd.engine().getSession().getProtocol()).isEqualTo("TLSv1.3");
        assertThat(clientEnd.applicationProtocol()).isEqualTo("h2");
        assertThat(ChannelBinding.ofPeer(clientEnd.engine().getSession()))
            .isEqualTo(certificate.channelBinding());
      }
    }
  }

  @Test
  void shouldFailHandshakeWithAnotherCertificateThanThePinnedOne() {
    ServerCertificate pinned = ServerCertificate.loadOrMake(dir.resolve("a"));
    ServerCertificate other = ServerCertificate.loadOrMake(dir.resolve("b"));
    for (SslProvider client : PROVIDERS) {
      PinnedTrust trust = new PinnedTrust();
      trust.pin(pinned.certificate());
      SslHandler serverEnd = TlsContexts.server(other).newHandler(ByteBufAllocator.DEFAULT);
      SslHandler clientEnd =
          TlsContexts.client(trust, client).newHandler(ByteBufAllocator.DEFAULT, "127.0.0.1", 5000);

      handshake(clientEnd, serverEnd);

      assertThat(clientEnd.handshakeFuture().cause())
          .hasRootCauseInstanceOf(PinnedTrust.PinMismatchException.class);
    }
  }

  /** Carries records between the two ends until neither has more to say. */
  private static void handshake(SslHandler clientEnd, SslHandler serverEnd) {
    EmbeddedChannel server = new EmbeddedChannel(serverEnd);
    EmbeddedChannel client = new EmbeddedChannel(clientEnd);
    // Both cannot fail: a refused handshake is found in the handler's future.
    boolean moved = true;
    while (moved) {
      moved = carry(client, server);
      moved |= carry(server, client);
    }
  }

  private static boolean carry(EmbeddedChannel from, EmbeddedChannel to) {
    boolean moved = false;
    for (Object records = from.readOutbound(); records != null; records = from.readOutbound()) {
      moved = true;
      try {
        to.writeInbound(records);
      } catch (Exception e) {
        // The handler's future holds it too.
      }
    }
    from.runPendingTasks();
    return moved;
  }
}
