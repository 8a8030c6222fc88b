package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.proto.v1.EnqueueRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is flushed when, with the flusher in the test's hand. */
final class ApplierTest {
  private static final int OUTSTANDING_MAX = 100;
  private static final int GENERATION_BYTES = 10_000;

  private final MemoryStateStore store = new MemoryStateStore();
  private final List<Runnable> flushes = new ArrayList<>();
  private final Applier applier =
      new Applier(
          new QueueMachine(store, OUTSTANDING_MAX),
          new Flusher(
              store,
              broken -> {
                throw new AssertionError(broken);
              },
              flushes::add),
          GENERATION_BYTES);
  private long index;

  private void put(int payloadBytes) {
    Command command =
        Command.newBuilder()
            .setEnqueue(
                EnqueueRequest.newBuilder()
                    .setQueue("mail")
                    .addPayloads(ByteString.copyFrom(new byte[payloadBytes])))
            .build();
    applier.apply(Entry.newBuilder().addCommands(command).setStampMs(1).build(), null, 1, ++index);
  }

  @Test
  void shouldFlushAGenerationThatHoldsSoManyBytes() {
    put(GENERATION_BYTES / 2);
    assertThat(flushes).isEmpty();
    put(GENERATION_BYTES / 2);
    assertThat(flushes).hasSize(1);
  }

  @Test
  void shouldFlushTheNextGenerationOnlyAfterTheOneBefore() {
    put(GENERATION_BYTES);
    put(GENERATION_BYTES - 500);
    put(500);
    assertThat(flushes).hasSize(1);
    flushes.get(0).run();
    put(1);
    assertThat(flushes).hasSize(2);
  }
}
