package dev.muster.worker.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a program's directory: nothing. */
@EnabledOnOs({OS.LINUX, OS.MAC})
final class PrivateDirectoryTest {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

  @TempDir private Path elsewhere;

  /**
   * In a process of its own: to root no folder is closed, unless it has given that right away,
   * which only the process that starts another one can do for it.
   */
  @Test
  void shouldRemoveFoldersThatTheProgramClosed() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    boolean root = Files.getAttribute(elsewhere, "unix:uid").equals(0);
    if (root) {
      assumeTrue(
          Files.isExecutable(SETPRIV), "to root no folder is closed, and no setpriv is there");
      command.addAll(List.of(SETPRIV.toString(), "--bounding-set=-dac_override,-dac_read_search"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ClosedFolders.class.getName());
    int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
    assumeFalse(
        root && exit == ClosedFolders.STILL_OPEN, "to root no folder is closed, whatever it gives");
    assertThat(exit).isZero();
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
