package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.CodedInputStream;
import dev.muster.client.Muster;
import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a master makes of the log and the store that it finds, with the real ones. */
@Timeout(60)
final class MasterRecoveryIT {
  private final AuthKey key = AuthKey.generate();

  @TempDir Path folder;

  private Master start(Path data) {
    return Master.start(MasterConfig.builder().data(data).port(0).authKey(key).build());
  }

  /** A directory as a power loss leaves it: three tasks in the log, and nothing flushed yet. */
  private Path crashed(String name) throws IOException {
    Path image = folder.resolve(name);
    try (Master master = start(folder.resolve(name + "-live"));
        Muster muster = Muster.connect(master.address(), key)) {
      for (int n = 1; n <= 3; n++) {
        muster.tasks("tasks", Integer.class).enqueue(n);
      }
      copy(folder.resolve(name + "-live"), image);
    }
    return image;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  private static List<Path> segments(Path data, String pattern) {
    try (Stream<Path> files = Files.walk(data.resolve("raft"))) {
      return files.filter(file -> file.getFileName().toString().matches(pattern)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path openSegment(Path data) {
    return segments(data, "log_inprogress_\\d+").get(0);
  }

  /** Where the last byte of the last record is. */
  private static long lastByte(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    int last = bytes.length - 1;
    while (bytes[last] == 0) {
      last--;
    }
    return last;
  }

  private static void damage(Path file, long at) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(at);
      int was = bytes.read();
      bytes.seek(at);
      bytes.write(was ^ 0x55);
    }
  }

  private static void truncate(Path file, long size) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.setLength(size);
    }
  }

  private long sizeOf(Path data) {
    try (Master master = start(data);
        Muster muster = Muster.connect(master.address(), key)) {
      return muster.queue("tasks", Integer.class).size();
    }
  }

  @Test
  void shouldServeEveryTaskWhenKilledBeforeTheFlush() throws IOException {
    assertThat(sizeOf(crashed("image"))).isEqualTo(3);
  }

  @Test
  void shouldServeWhatIsWholeWhenTheLastRecordIsTorn() throws IOException {
    Path image = crashed("image");
    truncate(openSegment(image), endOfLastTask(openSegment(image)) - 5);
    assertThat(sizeOf(image)).isEqualTo(2);
    assertThat(sizeOf(image)).isEqualTo(2);
  }

  @Test
  void shouldServeEveryTaskWhenGarbageFollowsTheLastRecord() throws IOException {
    Path image = crashed("image");
    damage(openSegment(image), lastByte(openSegment(image)) + 1);
    assertThat(sizeOf(image)).isEqualTo(3);
  }

  @Test
  void shouldStartWhenTheHeaderOfTheFirstSegmentIsTorn() throws IOException {
    for (int size : new int[] {0, 3, 8}) {
      Path image = crashed("image" + size);
      truncate(openSegment(image), size);
      assertThatCode(() -> start(image).close()).doesNotThrowAnyException();
    }
  }

  /** Behind the last record that is ours: Ratis adds some of its own. */
  private static long endOfLastTask(Path segment) throws IOException {
    byte[] bytes = Files.readAllBytes(segment);
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    in.skipRawBytes(8);
    long end = 8;
    while (bytes[in.getTotalBytesRead()] != 0) {
      LogEntryProto entry = LogEntryProto.parseFrom(in.readRawBytes(in.readUInt32()));
      in.skipRawBytes(Integer.BYTES);
      if (entry.hasStateMachineLogEntry()) {
        end = in.getTotalBytesRead();
      }
    }
    return end;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void shouldRefuseWhenTheLogIsCutBehindTheStore() throws IOException {
    crashed("image");
    Path closed = folder.resolve("image-live"); // Stopped cleanly: its store has every entry.
    truncate(openSegment(closed), 200);
    assertThatThrownBy(() -> start(closed))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("restore the data directory whole from one backup");
  }

  @Test
  void shouldRefuseWhenTheLogIsGone() throws IOException {
    crashed("image");
    Path closed = folder.resolve("image-live");
    delete(closed.resolve("raft"));
    assertThatThrownBy(() -> start(closed))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("log files are missing or were cut");
  }

  @Test
  void shouldRefuseWhenTheMiddleOfTheOpenSegmentIsDamaged() throws IOException {
    Path image = crashed("image");
    damage(openSegment(image), lastByte(openSegment(image)) / 2);
    assertThatThrownBy(() -> start(image))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("is damaged at byte");
  }

  @Test
  void shouldRefuseWhenAClosedSegmentIsDamaged() throws IOException {
    Path image = crashed("image");
    Path second = folder.resolve("second");
    try (Master master = start(image)) {
      assertThat(master.port()).isPositive();
      copy(image, second); // The new term has closed the segment of the first.
    }
    Path closed = segments(second, "log_\\d+-\\d+").get(0);
    damage(closed, lastByte(closed) / 2);
    assertThatThrownBy(() -> start(second))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("does not come up")
        .hasMessageContaining("corrupted")
        .hasMessageContaining("restore the data directory whole");
  }

  @Test
  void shouldRefuseWhenTheDataIsInUse() {
    Path data = folder.resolve("data");
    try (Master master = start(data)) {
      assertThat(master.port()).isPositive();
      assertThatThrownBy(() -> start(data))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("in use by another master");
    }
    start(data).close();
  }

  @Test
  void shouldRefuseWhenThePortIsInUse() throws IOException {
    Path data = folder.resolve("data");
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      MasterConfig config =
          MasterConfig.builder().data(data).port(taken.getLocalPort()).authKey(key).build();
      assertThatThrownBy(() -> Master.start(config))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("cannot listen on 127.0.0.1:" + taken.getLocalPort());
    }
    start(data).close();
  }
}
