package dev.muster.bench;

import dev.muster.common.MusterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Where a bench has its data: a directory of its own in the one for temporary files. */
final class BenchDirectory {
  static final String NAME = "muster-bench";

  private BenchDirectory() {}

  /**
   * A new one.
   *
   * @throws MusterException when there is no place for it
   */
  static Path create() {
    try {
      return Files.createTempDirectory(NAME);
    } catch (IOException e) {
      throw missing(e);
    }
  }

  /** Says where it was to be, and how to name another place. */
  static MusterException missing(IOException e) {
    return new MusterException(
        "the bench cannot write its data into "
            + System.getProperty("java.io.tmpdir")
            + ": "
            + e
            + "; MUSTER_JAVA_OPTS=-Djava.io.tmpdir=DIRECTORY names another place",
        e);
  }

  /**
   * Removes a directory with all that is in it, if it is there.
   *
   * @throws MusterException when something stays
   */
  static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new MusterException(
          "the bench's data cannot be removed, remove it by hand: " + directory + ": " + e, e);
    }
  }
}
