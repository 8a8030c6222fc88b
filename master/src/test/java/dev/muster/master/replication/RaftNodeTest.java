package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.store.RocksStateStore;
import dev.muster.proto.v1.EnqueueRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ratis itself, in a group of one. */
@Timeout(60)
final class RaftNodeTest {
  @TempDir Path directory;

  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();

  private interface Run {
    void on(RaftNode raft, Applier applier) throws Exception;
  }

  /** Of one process, with the log that the one before has left. */
  private void process(UUID group, Run run) throws Exception {
    try (RocksStateStore store = RocksStateStore.open(directory.resolve("state"));
        Flusher flusher = new Flusher(store, broken::set)) {
      Applier applier = new Applier(new QueueMachine(store, 16), flusher);
      try (RaftNode raft =
          new RaftNode(directory.resolve("log"), group, applier, 0, -1, broken::set)) {
        raft.start().join();
        run.on(raft, applier);
      }
    }
    assertThat(broken.get()).isNull();
  }

  @Test
  void shouldWriteNothingButTheEntriesThatItIsGiven() throws Exception {
    process(
        UUID.randomUUID(),
        (raft, applier) -> {
          List<Long> indexes = new ArrayList<>();
          long syncs = LogSyncs.count();

          for (int i = 0; i < 5; i++) {
            append(raft);
            indexes.add(applier.read(QueueMachine::appliedIndex));
          }

          // A record of Ratis' own between two entries would cost an fsync, which the next one
          // waits for.
          long first = indexes.get(0);
          assertThat(indexes).containsExactly(first, first + 1, first + 2, first + 3, first + 4);
          assertThat(LogSyncs.count() - syncs).isEqualTo(5);
        });
  }

  @Test
  void shouldDeleteAnOldSegmentElsewhereThanRatisDoes() throws Exception {
    UUID group = UUID.randomUUID();
    process(group, (raft, applier) -> append(raft));
    process(
        group,
        (raft, applier) -> {
          // The new term has closed the segment of the first.
          long last = applier.read(QueueMachine::appliedIndex);

          raft.flushed(2, last);

          try (Stream<Path> old = Files.list(directory.resolve("log/" + group + "/old"))) {
            assertThat(old).hasSize(1);
          }
        });
  }

  @Test
  void shouldDeleteAtItsStartWhatAProcessThatWasKilledHasLeft() throws Exception {
    UUID group = UUID.randomUUID();
    process(group, (raft, applier) -> append(raft));
    Path left = directory.resolve("log/" + group + "/old/log_0-9");
    Files.createDirectories(left.getParent());
    Files.writeString(left, "left");

    process(group, (raft, applier) -> assertThat(left).doesNotExist());
  }

  /** Returns when it is applied. */
  private static void append(RaftNode raft) throws InterruptedException {
    Batch batch = new Batch();
    batch.add(
        Command.newBuilder().setEnqueue(EnqueueRequest.newBuilder().setQueue("squares")).build(),
        Reply.NONE);
    CountDownLatch applied = new CountDownLatch(1);
    raft.append(batch, batch.seal(1, 1), ended -> applied.countDown());
    applied.await();
  }
}
