package dev.muster.worker.exec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a program's directory: nothing. (To root no folder is closed.) */
@EnabledOnOs({OS.LINUX, OS.MAC})
final class PrivateDirectoryTest {
  @TempDir private Path elsewhere;

  private static Path folder(PrivateDirectory directory, String name) throws IOException {
    Path folder = Files.createDirectory(directory.path().resolve(name));
    Files.writeString(folder.resolve("file"), "x");
    return folder;
  }

  private static void close(Path folder, String permissions) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void shouldRemoveFoldersThatTheProgramClosed() throws IOException {
    PrivateDirectory directory = PrivateDirectory.create();
    for (String name : new String[] {"a", "b", "c"}) {
      Path folder = folder(directory, name);
      close(folder, name.equals("b") ? "r-xr-xr-x" : "---------");
    }
    directory.close();
    assertThat(directory.path()).doesNotExist();
  }

  @Test
  void shouldRemoveALinkAndNotWhatItPointsTo() throws IOException {
    Path target = Files.writeString(elsewhere.resolve("kept"), "x");
    PrivateDirectory directory = PrivateDirectory.create();
    Files.createSymbolicLink(directory.path().resolve("folder"), elsewhere);
    Files.createSymbolicLink(directory.path().resolve("file"), target);
    directory.close();
    assertThat(directory.path()).doesNotExist();
    assertThat(target).exists();
  }
}
