package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramTest {
  @TempDir Path directory;

  @Test
  void shouldFindWhatCanBeExecuted() throws IOException {
    Path file = directory.resolve("server");
    Files.writeString(file, "#!/bin/sh\necho \"Server v=7.0.15 sha=0\"\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    Program program = new Program("server", "a-package", List.of(directory));

    assertThat(program.absence()).isNull();
    assertThat(program.path()).isEqualTo(file.toString());
    assertThat(program.version("--version")).isEqualTo("7.0.15");
  }

  @Test
  void shouldNameTheDebianPackageOfWhatIsAbsent() {
    Program program = new Program("server", "a-package", List.of(directory));

    assertThat(program.absence()).isEqualTo("server is not installed (Debian package a-package)");
    assertThatThrownBy(program::path).isInstanceOf(ComparisonException.class);
  }

  @Test
  void shouldSayUnknownWhenThereIsNoVersion() {
    assertThat(Program.firstVersion("no numbers")).isEqualTo("unknown");
  }
}
