package dev.muster.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What makes a process of the jar start in half the time, as the {@code muster} script does it: an
 * archive of the classes that its commands load. Hundreds of processes start in these tests.
 */
final class ClassArchive {
  /** For Java: little is run for long. */
  static final List<String> QUICK_START = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private static final long MAKE_S = 120;

  private ClassArchive() {}

  /** For Java; empty where none could be made, and all runs without it, only slower. */
  static List<String> options() {
    return Made.OPTIONS;
  }

  /** Made once for all tests, and again for another jar or another Java. */
  private static final class Made {
    static final List<String> OPTIONS =
        options(JarProcess.JAR.resolveSibling("muster-it-" + Runtime.version() + ".jsa"));

    private static List<String> options(Path archive) {
      try {
        if (!Files.exists(archive)
            || Files.getLastModifiedTime(archive)
                    .compareTo(Files.getLastModifiedTime(JarProcess.JAR))
                < 0) {
          make(archive);
        }
        return Files.exists(archive) ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    private static void make(Path archive) throws IOException, InterruptedException {
      Path fresh =
          archive.resolveSibling(archive.getFileName() + "." + ProcessHandle.current().pid());
      List<String> command = new ArrayList<>(List.of(JarProcess.JAVA.toString()));
      command.addAll(QUICK_START);
      command.add("-XX:ArchiveClassesAtExit=" + fresh);
      command.addAll(List.of("-jar", JarProcess.JAR.toString(), "warmup"));
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(MAKE_S, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      if (process.exitValue() == 0 && Files.exists(fresh)) {
        Files.move(fresh, archive, StandardCopyOption.ATOMIC_MOVE);
      } else {
        Files.deleteIfExists(fresh);
        Files.deleteIfExists(archive); // it is of another jar
      }
    }
  }
}
