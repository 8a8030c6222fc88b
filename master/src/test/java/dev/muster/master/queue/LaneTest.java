package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.returned;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.Offer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Order, across the window, the spills of two generations, and the store. */
final class LaneTest {
  private final MachineRig rig = new MachineRig();

  private List<Long> lease1000() {
    Outcome.Leased leased = (Outcome.Leased) rig.apply(lease("q", 0, 1_000));
    return leased.offers().stream().map(Offer::getIdsList).flatMap(List::stream).toList();
  }

  private List<Long> drain() {
    List<Long> ids = new ArrayList<>();
    for (List<Long> more = lease1000(); !more.isEmpty(); more = lease1000()) {
      ids.addAll(more);
    }
    return ids;
  }

  private static List<Long> upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  @Test
  void shouldKeepOrderWhenMoreWaitThanTheWindowHolds() {
    rig.apply(enqueue("q", 20_000));
    assertThat(drain()).isEqualTo(upTo(20_000));
  }

  @Test
  void shouldKeepOrderWhenTasksAreInTheStoreTheFrozenGenerationAndTheCurrentOne() {
    rig.apply(enqueue("q", 6_000));
    rig.flush();
    rig.apply(enqueue("q", 6_000));
    rig.roll();
    rig.apply(enqueue("q", 6_000));
    assertThat(drain()).isEqualTo(upTo(18_000));
  }

  @Test
  void shouldKeepOrderWhenEachStepOfAFlushComesBetweenLeases() {
    rig.apply(enqueue("q", 30_000));
    List<Long> ids = new ArrayList<>();
    List<Runnable> steps = List.of(rig::roll, rig::commit, rig::flushed, rig::crash);
    for (int i = 0; i < 30; i++) {
      steps.get(i % steps.size()).run();
      ids.addAll(lease1000());
    }
    assertThat(ids).isEqualTo(upTo(30_000));
  }

  @Test
  void shouldKeepOrderWhenPayloadsFillTheWindow() {
    ByteString large = ByteString.copyFrom(new byte[1 << 20]);
    for (int i = 0; i < 40; i++) {
      rig.apply(enqueue(request("q", Commands.KEEP, large)));
      if (i % 11 == 5) {
        rig.roll();
      } else if (i % 11 == 9) {
        rig.flush();
      }
    }
    assertThat(drain()).isEqualTo(upTo(40));
  }

  @Test
  void shouldServeGivenBackTasksFirstWhenOthersWait() {
    rig.apply(enqueue("q", 10_000));
    assertThat(lease1000()).hasSize(1_000);
    rig.flush();
    assertThat(lease1000()).hasSize(1_000);
    rig.apply(settle(returned(700, 2).addReturnedIds(3).addReturnedTokens(2)));
    rig.flush();
    rig.crash();
    rig.apply(settle(returned(1_500, 3)));
    assertThat(lease1000()).startsWith(3L, 700L, 1_500L, 2_001L, 2_002L);
  }

  @Test
  void shouldComeBackTheSameWhenRestartedAtAnyPoint() {
    for (int i = 0; i < 12; i++) {
      rig.apply(enqueue("q", 1_500));
      lease1000();
      if (i % 3 == 0) {
        rig.roll();
      } else if (i % 3 == 1) {
        rig.commit();
        rig.flushed();
      }
      rig.crash();
      assertThat(rig.machine.unconserved()).isEmpty();
    }
    assertThat(drain()).isEqualTo(LongStream.rangeClosed(12_001, 18_000).boxed().toList());
  }
}
