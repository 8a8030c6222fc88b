package dev.muster.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuthKeyTest {
  @TempDir Path dir;

  @Test
  void shouldReadBackWhatItGenerated() {
    AuthKey key = AuthKey.generate();

    assertThat(key.toText()).matches("k[a-z2-7]{6}\\.[A-Za-z0-9_-]{43}");
    assertThat(AuthKey.of(key.toText())).isEqualTo(key);
    assertThat(AuthKey.generate()).isNotEqualTo(key);
  }

  @Test
  void shouldTakePassPhraseUnderDefaultId() {
    AuthKey key = AuthKey.of(" correct horse battery \n");

    assertThat(key.id()).isEqualTo("default");
    assertThat(key.secret()).isEqualTo("correct horse battery");
    assertThat(AuthKey.of(key.toText())).isEqualTo(key);
  }

  @Test
  void shouldNotShowSecretInToString() {
    AuthKey key = AuthKey.generate();

    assertThat(key.toString()).contains(key.id()).doesNotContain(key.secret());
  }

  @Test
  void shouldRefuseShortPassPhraseWithoutShowingIt() {
    assertThatThrownBy(() -> AuthKey.of("abc-secret"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("16")
        .hasMessageContaining("found 10 characters")
        .hasMessageNotContaining("abc-secret");
  }

  @Test
  void shouldRefuseKeyThatWasCutWhenCopied() {
    String text = AuthKey.generate().toText();

    assertThatThrownBy(() -> AuthKey.of(text.substring(0, text.length() - 3)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found 40 characters");
  }

  @Test
  void shouldRefuseControlCharacters() {
    assertThatThrownBy(() -> AuthKey.of("first line of it\nsecond line of it"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("one line");
  }

  @Test
  void shouldWriteFileThatOnlyTheOwnerReads() throws IOException {
    AuthKey key = AuthKey.generate();
    Path file = dir.resolve("auth.key");

    key.writeTo(file);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(AuthKey.fromFile(file)).isEqualTo(key);
    assertThat(AuthKey.resolve(file)).isEqualTo(key);
  }

  @Test
  void shouldNotOverwriteFile() {
    Path file = dir.resolve("auth.key");
    AuthKey first = AuthKey.generate();
    first.writeTo(file);

    assertThatThrownBy(() -> AuthKey.generate().writeTo(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("exists already");
    assertThat(AuthKey.fromFile(file)).isEqualTo(first);
  }

  @Test
  void shouldRefuseFileThatOthersCanRead() throws IOException {
    Path file = dir.resolve("auth.key");
    AuthKey.generate().writeTo(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    assertThatThrownBy(() -> AuthKey.fromFile(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("chmod 600 " + file);
  }

  @Test
  void shouldRefuseMissingAndEmptyFile() throws IOException {
    Path empty =
        Files.createFile(
            dir.resolve("empty"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));

    assertThatThrownBy(() -> AuthKey.fromFile(dir.resolve("none")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> AuthKey.fromFile(empty))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("is empty");
  }

  @Test
  void shouldSayWhatToDoWhenNoKeyIsSet() {
    assertThatThrownBy(() -> AuthKey.fromVariable(null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("--auth-key-file")
        .hasMessageContaining("MUSTER_AUTH_KEY");
  }
}
