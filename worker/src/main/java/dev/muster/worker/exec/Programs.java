package dev.muster.worker.exec;

import dev.muster.common.InvalidInputException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which programs a worker may run. Each is found once, at the start: a name on the PATH, a path as
 * it is; so whoever can change a folder of the PATH later does not change what runs. Immutable.
 */
final class Programs {
  private final SortedMap<String, Path> byName;

  private Programs(SortedMap<String, Path> byName) {
    this.byName = byName;
  }

  /**
   * Finds all of them.
   *
   * @param names names, or absolute paths
   * @param path the PATH
   * @throws InvalidInputException when one is not there or cannot be run
   */
  static Programs find(Collection<String> names, String path) {
    SortedMap<String, Path> found = new TreeMap<>();
    for (String name : names) {
      found.put(name, find(name, path));
    }
    return new Programs(found);
  }

  private static Path find(String name, String path) {
    if (name.isEmpty()) {
      throw new InvalidInputException("a program to allow must have a name");
    }
    if (name.indexOf('/') < 0 && name.indexOf(File.separatorChar) < 0) {
      Path found = onPath(name, path);
      if (found == null) {
        throw new InvalidInputException(
            "program '" + name + "' is to be allowed, but is not on the PATH: " + path);
      }
      return found;
    }
    Path found = Path.of(name);
    if (!found.isAbsolute()) {
      throw new InvalidInputException(
          "program '" + name + "' is to be allowed: give its name or its absolute path");
    }
    if (!isProgram(found)) {
      throw new InvalidInputException(
          "program '" + name + "' is to be allowed, but is not an executable file");
    }
    return found;
  }

  private static @Nullable Path onPath(String name, String path) {
    return Arrays.stream(path.split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, name).toAbsolutePath())
        .filter(Programs::isProgram)
        .findFirst()
        .orElse(null);
  }

  private static boolean isProgram(Path file) {
    return Files.isRegularFile(file) && Files.isExecutable(file);
  }

  /** What to start; null when it is not allowed. */
  @Nullable Path get(String name) {
    return byName.get(name);
  }

  /** The names, in order. */
  Set<String> names() {
    return byName.keySet();
  }

  /** A program beside the allowed ones that this worker itself makes use of; null: not there. */
  static @Nullable Path optional(String name, String path) {
    try {
      return onPath(name, path);
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
