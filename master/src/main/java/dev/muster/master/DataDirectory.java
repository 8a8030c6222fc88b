package dev.muster.master;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Version;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Properties;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A master's data: who may use it, and what is where.
 *
 * <pre>
 *   FORMAT   version of everything here, and the cluster's identity
 *   LOCK     held by the master that runs on it
 *   raft/    the replicated log
 *   store/   the state
 *   native/  RocksDB's library, unpacked
 *   tls/     the self-signed certificate and its key
 * </pre>
 *
 * <p>To change the layout or a record so that an older program must not read it: raise {@link
 * #FORMAT}, and let {@link #open} convert what it finds.
 */
final class DataDirectory implements AutoCloseable {
  /** Version of the layout and of every record in it. */
  static final int FORMAT = 2;

  private final Path root;
  private final UUID cluster;
  private final FileChannel lockFile;
  private final FileLock lock;

  private DataDirectory(Path root, UUID cluster, FileChannel lockFile, FileLock lock) {
    this.root = root;
    this.cluster = cluster;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Makes the directory when it is absent, and takes it for this process.
   *
   * @throws InvalidInputException when it is in use, not ours, written by a newer program, or
   *     cannot be written
   */
  static DataDirectory open(Path root) {
    try {
      Files.createDirectories(root);
      FileChannel lockFile =
          FileChannel.open(
              root.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(lockFile);
      if (lock == null) {
        lockFile.close();
        throw new InvalidInputException(
            "data directory " + root + " is in use by another master; stop it or choose another");
      }
      try {
        UUID cluster = readOrMakeFormat(root);
        return new DataDirectory(root, cluster, lockFile, lock);
      } catch (IOException | RuntimeException e) {
        lock.release();
        lockFile.close();
        throw e;
      }
    } catch (FileSystemException e) {
      throw new InvalidInputException(
          "data directory " + root + " cannot be used: " + reason(e) + "; it must be writable", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String reason(FileSystemException e) {
    String reason = e.getReason();
    return e.getClass().getSimpleName().replace("Exception", "")
        + (reason == null ? "" : " (" + reason + ")");
  }

  private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // Another master in this very process.
    }
  }

  private static UUID readOrMakeFormat(Path root) throws IOException {
    Path file = root.resolve("FORMAT");
    Properties format = new Properties();
    if (Files.exists(file)) {
      try (Reader reader = Files.newBufferedReader(file)) {
        format.load(reader);
      } catch (IllegalArgumentException | IOException e) {
        throw damaged(file, e); // Not text, or no properties.
      }
      return check(file, format);
    }
    if (Files.exists(root.resolve("raft")) || Files.exists(root.resolve("store"))) {
      throw new InvalidInputException(
          "data directory "
              + root
              + " has data but no FORMAT file: restore it whole, or choose another");
    }
    restrict(root);
    UUID cluster = UUID.randomUUID();
    format.setProperty("format", Integer.toString(FORMAT));
    format.setProperty("cluster", cluster.toString());
    format.setProperty("created-by", Version.current());
    Path written = root.resolve("FORMAT.tmp");
    try (Writer writer = Files.newBufferedWriter(written)) {
      format.store(writer, "Muster data directory");
    }
    try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(written, file);
    return cluster;
  }

  /**
   * Only the owner reads tasks and keys. Where the file system knows no such rights, its own rule
   * stands.
   */
  private static void restrict(Path root) throws IOException {
    if (Files.getFileStore(root).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static UUID check(Path file, Properties format) {
    try {
      int version = Integer.parseInt(format.getProperty("format", ""));
      if (version > FORMAT) {
        throw new InvalidInputException(
            "data in "
                + file.getParent()
                + " has format "
                + version
                + ", written by a newer Muster; this is "
                + Version.current()
                + ", which reads up to format "
                + FORMAT
                + ": use the newer program");
      }
      return UUID.fromString(format.getProperty("cluster", ""));
    } catch (IllegalArgumentException e) {
      throw damaged(file, e);
    }
  }

  private static InvalidInputException damaged(Path file, Exception why) {
    return new InvalidInputException(
        file + " is damaged: it must have a line format=" + FORMAT + " and a line cluster=UUID",
        why);
  }

  Path raft() {
    return root.resolve("raft");
  }

  Path store() {
    return root.resolve("store");
  }

  Path tls() {
    return root.resolve("tls");
  }

  Path root() {
    return root;
  }

  UUID cluster() {
    return cluster;
  }

  @Override
  public void close() {
    try {
      lock.release();
      lockFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
