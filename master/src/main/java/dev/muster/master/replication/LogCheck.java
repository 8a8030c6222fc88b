package dev.muster.master.replication;

import dev.muster.common.MusterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the log before Ratis does. Ratis refuses to start on a torn last record, which a power
 * loss leaves behind and which was never acknowledged; and it does not notice a log that was cut
 * short, which has lost what was acknowledged.
 *
 * <p>A segment (Ratis 3.3, {@code SegmentedRaftLogOutputStream}): the 8 bytes {@code RaftLog1},
 * then records of a varint length, an entry, and the CRC-32C of both, then zeros up to the
 * preallocated end.
 */
public final class LogCheck {
  private static final Logger LOG = LoggerFactory.getLogger(LogCheck.class);
  private static final byte[] HEADER = {'R', 'a', 'f', 't', 'L', 'o', 'g', '1'};
  static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");
  private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d+)");

  /** First byte of every entry: the tag of its term, field 1, a varint. */
  private static final byte ENTRY_TAG = 0x08;

  private LogCheck() {}

  /**
   * Mends a torn end, and refuses what has lost entries.
   *
   * @param raft Ratis' directory
   * @param group the cluster's identity, which names the directory below it
   * @param appliedIndex the entry up to which the store is written; -1: nothing was ever written
   * @throws MusterException when the log is shorter than the store, or damaged elsewhere than at
   *     its end
   */
  public static void run(Path raft, UUID group, long appliedIndex) {
    Path directory = directory(raft, group);
    try {
      long last = lastIndex(directory, appliedIndex);
      if (last < appliedIndex) {
        throw new MusterException(
            "the log in "
                + directory
                + " ends at entry "
                + last
                + ", but the store has applied entry "
                + appliedIndex
                + ": log files are missing or were cut; restore the data directory whole from one backup");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where Ratis has the segments of a group. */
  static Path directory(Path raft, UUID group) {
    return raft.resolve(group.toString()).resolve("current");
  }

  private static long lastIndex(Path directory, long appliedIndex) throws IOException {
    // By their first entry: what is behind the store's entry must be there without a gap. What is
    // before it may be gone in part, as a crash leaves it in the middle of a purge.
    TreeMap<Long, Long> segments = new TreeMap<>();
    for (Path file : files(directory)) {
      String name = file.getFileName().toString();
      Matcher closed = CLOSED.matcher(name);
      Matcher open = OPEN.matcher(name);
      if (closed.matches()) {
        segments.put(Long.parseLong(closed.group(1)), Long.parseLong(closed.group(2)));
      } else if (open.matches()) {
        long start = Long.parseLong(open.group(1));
        segments.put(start, scan(file, start, appliedIndex));
      }
    }
    long last = segments.isEmpty() ? -1 : segments.lastEntry().getValue();
    long next = appliedIndex + 1;
    for (Map.Entry<Long, Long> segment : segments.entrySet()) {
      if (segment.getKey() > next && last >= next) {
        throw new MusterException(
            "the log in "
                + directory
                + " goes on at entry "
                + segment.getKey()
                + ", but entry "
                + next
                + " was expected: log files are missing; restore the data directory whole from one"
                + " backup");
      }
      next = Math.max(next, segment.getValue() + 1);
    }
    return last;
  }

  private static List<Path> files(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  /** Index of the last good record of the open segment; what is torn behind it is cut off. */
  private static long scan(Path file, long start, long appliedIndex) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    long last = start - 1;
    if (!hasHeader(bytes)) {
      return last; // A segment that was just begun: Ratis writes its header again.
    }
    bytes.position(HEADER.length);
    int end = bytes.position();
    while (bytes.hasRemaining() && bytes.get(bytes.position()) != 0) {
      LogEntryProto entry = readRecord(bytes);
      if (entry == null) {
        break;
      }
      last = entry.getIndex();
      end = bytes.position();
    }
    if (!isZero(bytes, end)) {
      mend(file, bytes, end, last, appliedIndex);
    }
    return last;
  }

  private static boolean hasHeader(ByteBuffer bytes) {
    return bytes.remaining() >= HEADER.length
        && bytes.slice(0, HEADER.length).equals(ByteBuffer.wrap(HEADER));
  }

  /** Cuts a torn end off; a copy is kept beside the log. */
  private static void mend(Path file, ByteBuffer bytes, int end, long last, long appliedIndex)
      throws IOException {
    int next = nextRecord(bytes, end + 1);
    if (next >= 0 || last < appliedIndex) {
      throw new MusterException(
          "the log file "
              + file
              + " is damaged at byte "
              + end
              + ", after entry "
              + last
              + (next >= 0 ? ", and good records follow" : ", and the store has applied more")
              + ": this is not a torn end; restore the data directory whole from one backup");
    }
    Path copy = file.resolveSibling("torn-" + file.getFileName() + "-" + (last + 1));
    Files.deleteIfExists(copy);
    Files.copy(file, copy);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(end);
      channel.force(true);
    }
    LOG.warn(
        "the last record of the log was torn, as a power loss leaves it; entry {} was never acknowledged and is dropped"
            + " (a copy is in {})",
        last + 1,
        copy);
  }

  /** Where a good record begins at or after an offset; -1: nowhere. */
  private static int nextRecord(ByteBuffer bytes, int from) {
    for (int offset = from; offset < bytes.limit() - 6; offset++) {
      bytes.position(offset);
      if (bytes.get(offset) != 0 && readRecord(bytes) != null) {
        return offset;
      }
    }
    return -1;
  }

  /** The record at the buffer's position, which moves behind it; null when it is not a good one. */
  private static @Nullable LogEntryProto readRecord(ByteBuffer bytes) {
    int begin = bytes.position();
    long length = readVarint(bytes);
    if (length <= 0
        || length + Integer.BYTES > bytes.remaining()
        || bytes.get(bytes.position()) != ENTRY_TAG) {
      return null;
    }
    int body = bytes.position();
    int end = body + (int) length;
    CRC32C checksum = new CRC32C();
    checksum.update(bytes.slice(begin, end - begin));
    if (bytes.getInt(end) != (int) checksum.getValue()) {
      return null;
    }
    bytes.position(end + Integer.BYTES);
    try {
      return LogEntryProto.parseFrom(bytes.slice(body, (int) length));
    } catch (IOException e) {
      return null;
    }
  }

  /** At most 5 bytes; -1 when there is none. */
  private static long readVarint(ByteBuffer bytes) {
    long value = 0;
    for (int shift = 0; shift < 35 && bytes.hasRemaining(); shift += 7) {
      byte next = bytes.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    return -1;
  }

  private static boolean isZero(ByteBuffer bytes, int from) {
    for (int i = from; i < bytes.limit(); i++) {
      if (bytes.get(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
