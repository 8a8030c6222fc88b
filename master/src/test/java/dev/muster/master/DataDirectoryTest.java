package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDirectoryTest {
  @TempDir Path folder;

  private Path made() {
    Path root = folder.resolve("data");
    DataDirectory.open(root).close();
    return root;
  }

  @Test
  void shouldKeepItsIdentityWhenOpenedAgain() {
    Path root = folder.resolve("deep/data");
    UUID cluster;
    try (DataDirectory data = DataDirectory.open(root)) {
      cluster = data.cluster();
    }
    try (DataDirectory data = DataDirectory.open(root)) {
      assertThat(data.cluster()).isEqualTo(cluster);
    }
  }

  @Test
  void shouldLetOnlyItsOwnerIn() throws IOException {
    assertThat(Files.getPosixFilePermissions(made())).hasSize(3);
  }

  @Test
  void shouldRefuseWhenItIsInUse() {
    Path root = made();
    try (DataDirectory data = DataDirectory.open(root)) {
      assertThat(data.root()).isEqualTo(root);
      assertThatThrownBy(() -> DataDirectory.open(root))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(
              "data directory %s is in use by another master; stop it or choose another", root);
    }
    DataDirectory.open(root).close();
  }

  @Test
  void shouldRefuseWhenANewerProgramWroteIt() throws IOException {
    Path root = made();
    Files.writeString(root.resolve("FORMAT"), "format=3\ncluster=" + UUID.randomUUID() + "\n");
    assertThatThrownBy(() -> DataDirectory.open(root))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("has format 3, written by a newer Muster");
  }

  @Test
  void shouldRefuseWhenFormatIsDamaged() throws IOException {
    Path root = made();
    for (byte[] damaged :
        List.of(
            new byte[0],
            new byte[] {-1, -2, 0, 7},
            text("format=one\ncluster=" + UUID.randomUUID()),
            text("format=1\n"),
            text("format=1\ncluster=none\n"),
            text("format=1\ncluster=\\uzzzz\n"))) {
      Files.write(root.resolve("FORMAT"), damaged);
      assertThatThrownBy(() -> DataDirectory.open(root))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("FORMAT is damaged");
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void shouldRefuseWhenThereIsDataButNoFormat() throws IOException {
    Path root = made();
    Files.delete(root.resolve("FORMAT"));
    Files.createDirectory(root.resolve("raft"));
    assertThatThrownBy(() -> DataDirectory.open(root))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("has data but no FORMAT file");
  }

  @Test
  void shouldRefuseWhenItCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a directory");
    assertThatThrownBy(() -> DataDirectory.open(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("must be writable");
    assertThatThrownBy(() -> DataDirectory.open(file.resolve("below")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("must be writable");
  }
}
