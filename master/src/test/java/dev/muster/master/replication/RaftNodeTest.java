package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.store.RocksStateStore;
import dev.muster.proto.v1.EnqueueRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ratis itself, in a group of one. */
@Timeout(60)
final class RaftNodeTest {
  @TempDir Path directory;

  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();

  @Test
  void shouldWriteNothingButTheEntriesThatItIsGiven() throws Exception {
    try (RocksStateStore store = RocksStateStore.open(directory.resolve("state"));
        Flusher flusher = new Flusher(store, broken::set)) {
      Applier applier = new Applier(new QueueMachine(store, 16), flusher);
      RaftNode raft =
          new RaftNode(
              directory.resolve("log"), UUID.randomUUID(), applier, 0, -1, broken::set);
      try (raft) {
        raft.start().join();
        List<Long> indexes = new ArrayList<>();
        long syncs = LogSyncs.count();

        for (int i = 0; i < 5; i++) {
          append(raft);
          indexes.add(applier.read(QueueMachine::appliedIndex));
        }

        // A record of Ratis' own between two entries would cost an fsync, which the next one waits
        // for.
        long first = indexes.get(0);
        assertThat(indexes).containsExactly(first, first + 1, first + 2, first + 3, first + 4);
        assertThat(LogSyncs.count() - syncs).isEqualTo(5);
      }
      assertThat(broken.get()).isNull();
    }
  }

  /** Returns when it is applied. */
  private static void append(RaftNode raft) throws InterruptedException {
    Batch batch = new Batch();
    batch.add(Command.newBuilder().setEnqueue(EnqueueRequest.newBuilder().setQueue("squares")).build(),
        Reply.NONE);
    CountDownLatch applied = new CountDownLatch(1);
    raft.append(batch, batch.seal(1, 1), ended -> applied.countDown());
    applied.await();
  }
}
