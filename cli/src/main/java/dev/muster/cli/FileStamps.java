package dev.muster.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What the files of some paths look like from outside: equal ones have not changed.
 *
 * @param files size and time of every file; of paths that do not exist, nothing
 */
record FileStamps(Map<Path, Stamp> files) {
  /**
   * One file.
   *
   * @param modified when, in ns of whatever the file system counts from
   */
  record Stamp(long bytes, long modified) {}

  FileStamps {
    files = Map.copyOf(files);
  }

  /** Looks at these files, and at all that are in these folders. */
  static FileStamps of(List<Path> paths) {
    Map<Path, Stamp> files = new HashMap<>();
    for (Path path : paths) {
      if (Files.exists(path)) {
        try (Stream<Path> found = Files.walk(path)) {
          for (Path file : (Iterable<Path>) found::iterator) {
            add(files, file);
          }
        } catch (IOException | UncheckedIOException changing) {
          // It went while it was looked at: this look is like no other.
          files.put(path, new Stamp(-1, System.nanoTime()));
        }
      }
    }
    return new FileStamps(files);
  }

  private static void add(Map<Path, Stamp> files, Path file) throws IOException {
    BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
    if (!found.isDirectory()) {
      files.put(file, new Stamp(found.size(), found.lastModifiedTime().to(TimeUnit.NANOSECONDS)));
    }
  }

  /** Files that are new, gone or other than before, in order. */
  List<Path> changedSince(FileStamps before) {
    TreeSet<Path> changed = new TreeSet<>(files.keySet());
    changed.addAll(before.files.keySet());
    changed.removeIf(file -> Objects.equals(files.get(file), before.files.get(file)));
    return List.copyOf(changed);
  }
}
