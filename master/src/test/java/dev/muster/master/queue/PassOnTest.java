package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** However many wait for a task: one entry tells a bounded number of them, and the next go on. */
final class PassOnTest extends OneQueue {
  private static final int MANY = 100_000;

  @AfterEach
  void shouldAddUpInTheStore() {
    rig.flush();
    assertThat(Recount.of(rig.store).getDriftList()).isEmpty();
  }

  private List<Long> after(long first, int count) {
    return enqueue(EnqueueRequest.newBuilder().addAfterIds(first), count);
  }

  private static EnqueueRequest.Builder forgotten() {
    return EnqueueRequest.newBuilder()
        .setOptions(TaskOptions.newBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP));
  }

  @Test
  void shouldTellAHundredThousandInSteps() {
    long first = enqueue(forgotten(), 1).get(0);
    List<Long> all = after(first, MANY);
    take(1);
    complete(first);
    assertThat(rig.machine.finished(first)).isNull();
    long told = queue().getReady();
    assertThat(told).isEqualTo(MachineState.SPARE);
    assertThat(rig.machine.nextDueMs()).isLessThanOrEqualTo(rig.clockMs);

    int steps = 1;
    boolean more = true;
    while (more) {
      if (steps == 3) {
        rig.roll();
      } else if (steps == 5) {
        rig.crash();
      } else if (steps == 8) {
        rig.flush();
        assertThat(Recount.of(rig.store).getDriftList()).isEmpty();
      } else if (steps == 12) {
        rig.crash();
      }
      more = advance();
      steps++;
      assertThat(queue().getReady() - told).isLessThanOrEqualTo(MachineState.SPARE);
      told = queue().getReady();
    }
    assertThat(steps).isEqualTo(MANY / MachineState.SPARE);
    assertThat(queue().getDelayed()).isZero();
    assertThat(take(MANY)).isEqualTo(all);
    long last = all.get(MANY - 1);
    assertThat(
            Objects.requireNonNull(rig.machine.inspect().inputs(last, 0)).results().get(0).getId())
        .isEqualTo(first);
  }

  @Test
  void shouldCancelALongChainInSteps() {
    long first = enqueueOne();
    long last = first;
    List<Long> chain = new ArrayList<>();
    for (int i = 0; i < 2 * MachineState.SPARE; i++) {
      last = after(last, 1).get(0);
      chain.add(last);
    }
    take(1);
    fail(first, false);
    assertThat(queue().getCancelled()).isEqualTo(MachineState.SPARE);
    rig.flush();
    assertThat(Recount.of(rig.store).getDriftList()).isEmpty();
    rig.crash();
    while (advance()) {}
    assertThat(queue().getCancelled()).isEqualTo(chain.size());
    assertThat(state(last)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void shouldWaitForTheOthersToo() {
    List<Long> two = enqueue(EnqueueRequest.newBuilder(), 2);
    List<Long> all =
        enqueue(
            EnqueueRequest.newBuilder().addAllAfterIds(two).setOnFailure(OnFailure.ON_FAILURE_RUN),
            MachineState.SPARE + 10);
    take(2);
    complete(two.get(0));
    fail(two.get(1), false);
    assertThat(queue().getReady()).isEqualTo(MachineState.SPARE);
    // What was called off, or is put meanwhile, is told or knows already.
    long cancelled = all.get(all.size() - 1);
    cancel(false, cancelled);
    after(two.get(0), 1);
    while (advance()) {}
    assertThat(state(cancelled)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(queue().getReady()).isEqualTo(all.size());
    assertThat(queue().getDelayed()).isZero();
  }

  @Test
  void shouldTakeLargeResultsForMoreThanOne() {
    long first = enqueueOne();
    after(first, 100);
    take(1);
    rig.apply(
        Commands.settle(Commands.completed(first, task(first).getToken(), "x".repeat(1 << 20))));
    assertThat(queue().getReady()).isBetween(10L, 20L);
    while (advance()) {}
    assertThat(queue().getReady()).isEqualTo(100);
  }

  @Test
  void shouldSayThatNobodyTellsWhoWaits() {
    long first = enqueueOne();
    after(first, MachineState.SPARE + 2);
    take(1);
    complete(first);
    rig.flush();
    List<ByteString> keys = new ArrayList<>();
    rig.store.scan(
        Family.TIMERS,
        ByteString.EMPTY,
        (key, value) -> {
          if (Timers.timer(key, value).kind() == Timers.Kind.PASS_ON) {
            keys.add(key);
          }
          return true;
        });
    ByteString value = Objects.requireNonNull(rig.store.get(Family.TIMERS, keys.get(0)));
    write(batch -> batch.delete(Family.TIMERS, keys.get(0)));
    assertThat(Recount.of(rig.store).getDriftList())
        .hasSize(2)
        .allMatch(drift -> drift.contains("waits for task " + first + ", which has ended"));
    write(batch -> batch.put(Family.TIMERS, keys.get(0), value));
    while (advance()) {}
  }

  private void write(Consumer<StateStore.Batch> changes) {
    try (StateStore.Batch batch = rig.store.newBatch()) {
      changes.accept(batch);
      batch.commit();
    }
  }
}
