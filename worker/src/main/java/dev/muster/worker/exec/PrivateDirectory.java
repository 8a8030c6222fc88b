package dev.muster.worker.exec;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An empty directory that nobody else can look into, removed with all that is in it at the end. */
record PrivateDirectory(Path path) implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PrivateDirectory.class);

  static PrivateDirectory create() throws IOException {
    return new PrivateDirectory(Files.createTempDirectory("muster-exec-"));
  }

  /**
   * A link is removed, what it points to is not. A folder that the program closed to itself is
   * opened. What cannot be removed stays, is logged, and keeps nothing else from being removed.
   */
  @Override
  public void close() {
    Removal removal = new Removal();
    removal.walk(path);
    if (removal.failure != null) {
      LOG.warn(
          "the directory of a program that has ended cannot be removed: {}", path, removal.failure);
    }
  }

  private static final class Removal extends SimpleFileVisitor<Path> {
    private final Set<Path> opened = new HashSet<>();
    private @Nullable IOException failure;

    void walk(Path from) {
      try {
        Files.walkFileTree(from, this);
      } catch (IOException e) { // none of the methods below throws
        failure = e;
      }
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      var unused = folder.toFile().setWritable(true); // or what is in it cannot be removed
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      delete(file);
      return FileVisitResult.CONTINUE;
    }

    /** A folder that cannot be read, for example. */
    @Override
    public FileVisitResult visitFileFailed(Path file, IOException why) {
      File folder = file.toFile();
      if (opened.add(file) && folder.setReadable(true) && folder.setExecutable(true)) {
        walk(file);
      } else {
        failure = why;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failed) {
      delete(folder);
      return FileVisitResult.CONTINUE;
    }

    private void delete(Path path) {
      try {
        Files.deleteIfExists(path);
      } catch (IOException e) {
        failure = e;
      }
    }
  }
}
