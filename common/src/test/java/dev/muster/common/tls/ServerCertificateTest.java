package dev.muster.common.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerCertificateTest {
  @TempDir Path dir;

  @Test
  void shouldMakeOnceAndLoadAfter() throws IOException {
    ServerCertificate made = ServerCertificate.loadOrMake(dir.resolve("tls"));

    ServerCertificate loaded = ServerCertificate.loadOrMake(dir.resolve("tls"));

    assertThat(loaded.sha256Hex()).isEqualTo(made.sha256Hex()).matches("[0-9a-f]{64}");
    assertThat(loaded.channelBinding()).isEqualTo(made.channelBinding());
    assertThat(made.certificate().getSigAlgName()).isEqualTo("SHA256withECDSA");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(dir.resolve("tls").resolve("key.pem"))))
        .isEqualTo("rw-------");
  }

  @Test
  void shouldSayWhichFileIsMissing() throws IOException {
    ServerCertificate.loadOrMake(dir);
    Files.delete(dir.resolve("key.pem"));

    assertThatThrownBy(() -> ServerCertificate.loadOrMake(dir))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("key.pem is missing beside");
  }

  @Test
  void shouldNameCorruptFile() throws IOException {
    ServerCertificate.loadOrMake(dir);
    Files.writeString(dir.resolve("certificate.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n");
    assertThatThrownBy(() -> ServerCertificate.loadOrMake(dir))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("certificate.pem");

    Files.writeString(dir.resolve("certificate.pem"), "");
    assertThatThrownBy(() -> ServerCertificate.loadOrMake(dir))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("holds no PEM block CERTIFICATE");
  }

  @Test
  void shouldRefuseKeyOfAnotherCertificate() {
    ServerCertificate.loadOrMake(dir.resolve("a"));
    ServerCertificate.loadOrMake(dir.resolve("b"));

    assertThatThrownBy(
            () ->
                ServerCertificate.fromPem(
                    dir.resolve("a/certificate.pem"), dir.resolve("b/key.pem")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("does not belong to");
  }

  @Test
  void shouldTakeAnyCertificateUntilOneIsPinned() throws Exception {
    ServerCertificate a = ServerCertificate.loadOrMake(dir.resolve("a"));
    ServerCertificate b = ServerCertificate.loadOrMake(dir.resolve("b"));
    PinnedTrust trust = new PinnedTrust();
    trust.checkServerTrusted(chain(a), "UNKNOWN");
    trust.checkServerTrusted(chain(b), "UNKNOWN");

    trust.pin(a.certificate());

    trust.checkServerTrusted(chain(a), "UNKNOWN");
    assertThatThrownBy(() -> trust.checkServerTrusted(chain(b), "UNKNOWN"))
        .isInstanceOf(PinnedTrust.PinMismatchException.class)
        .hasMessageContaining(a.sha256Hex())
        .hasMessageContaining(b.sha256Hex());
    assertThatThrownBy(() -> trust.pin(b.certificate())).isInstanceOf(IllegalStateException.class);
  }

  private static java.security.cert.X509Certificate[] chain(ServerCertificate certificate) {
    return new java.security.cert.X509Certificate[] {certificate.certificate()};
  }
}
