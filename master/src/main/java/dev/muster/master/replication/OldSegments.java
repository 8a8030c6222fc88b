package dev.muster.master.replication;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes segments of the log off the path of entries. Ratis deletes what is not needed any more on
 * the thread that makes entries durable, and a file system may take a millisecond for each megabyte
 * that it frees: every acknowledgement would wait. So a segment that may go gets a second name
 * first: deleting Ratis' own takes microseconds then, and the second one goes here, later. One
 * thread at a time.
 */
final class OldSegments {
  private static final Logger LOG = LoggerFactory.getLogger(OldSegments.class);

  private final Path log;
  private final Path old;

  /**
   * @param log where Ratis has its segments
   * @param old ours, beside it on the same file system
   */
  OldSegments(Path log, Path old) {
    this.log = log;
    this.old = old;
  }

  /**
   * Before Ratis is told that the log up to this entry may go: names what it will delete, and
   * deletes what it has deleted since the last call.
   */
  void mayGo(long index) {
    delete();
    try (DirectoryStream<Path> segments = Files.newDirectoryStream(log, "log_*-*")) {
      Files.createDirectories(old);
      for (Path segment : segments) {
        String name = segment.getFileName().toString();
        Matcher closed = LogCheck.CLOSED.matcher(name);
        if (closed.matches() && Long.parseLong(closed.group(2)) <= index) {
          name(segment, old.resolve(name));
        }
      }
    } catch (IOException | DirectoryIteratorException | UnsupportedOperationException e) {
      // A file system without second names: Ratis deletes as it always does.
      LOG.debug("no second names for the old segments of {}", log, e);
    }
  }

  private static void name(Path segment, Path second) throws IOException {
    try {
      Files.createLink(second, segment);
    } catch (NoSuchFileException e) {
      // Ratis was faster, after an earlier call.
      LOG.debug("{} is gone already", segment, e);
    }
  }

  /** Deletes all that was named. What Ratis has not deleted yet keeps its own name. */
  void delete() {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(old)) {
      for (Path file : files) {
        Files.delete(file);
      }
    } catch (NoSuchFileException e) {
      // Nothing was ever named.
    } catch (IOException | DirectoryIteratorException e) {
      LOG.warn("old segments of the log stay in {}: {}", old, e.toString());
    }
  }
}
