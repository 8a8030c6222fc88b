package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.EnqueueRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GatheredBatchesTest {
  private static final EnqueueRequest A = shared("a", 0);
  private static final EnqueueRequest B = shared("b", 0);
  private static final EnqueueRequest C = shared("c", 0);

  private final GatheredBatches gathered = new GatheredBatches();

  private static EnqueueRequest shared(String queue, long delayMs) {
    return EnqueueRequest.newBuilder().setQueue(queue).setDelayMs(delayMs).build();
  }

  private void add(EnqueueRequest shared, int payloadBytes) {
    ByteString payload = ByteString.copyFrom(new byte[payloadBytes]);
    int cost = EnqueueBatch.cost(payload, TaskKeys.NONE);
    gathered.add(shared, payload, TaskKeys.NONE, cost, new Ignored());
  }

  /** Takes out all that may go, as "queue:tasks". */
  private List<String> go(List<EnqueueBatch> gone) {
    List<String> names = new ArrayList<>();
    while (gathered.mayGo()) {
      EnqueueBatch batch = gathered.next();
      gone.add(batch);
      names.add(batch.queue() + ":" + batch.tasks());
    }
    return names;
  }

  @Test
  void shouldGatherTheTasksOfEachQueueInOneBatch() {
    for (int i = 0; i < 3; i++) {
      add(A, 10);
      add(B, 10);
    }
    assertThat(go(new ArrayList<>())).containsExactly("a:3", "b:3");
    assertThat(gathered.isEmpty()).isTrue();
    assertThat(gathered.bytes()).isZero();
  }

  @Test
  void shouldKeepTheOrderOfAQueueWhenItsTasksDiffer() {
    add(A, 10);
    add(shared("a", 5), 10);
    add(A, 10);
    add(A, 10);
    assertThat(go(new ArrayList<>())).containsExactly("a:1", "a:1", "a:2");
  }

  @Test
  void shouldBeginABatchWhenTheLastOneIsFull() {
    add(A, EnqueueBatch.PREFERRED_BYTES);
    add(B, 10);
    add(A, 10);
    add(A, 10);
    assertThat(go(new ArrayList<>())).containsExactly("a:1", "b:1", "a:2");
  }

  @Test
  void shouldLetAllGoThatGatheredWhenAWaveIsAnswered() {
    // given two waves on their way
    List<EnqueueBatch> gone = new ArrayList<>();
    add(A, 10);
    assertThat(go(gone)).containsExactly("a:1");
    add(B, 10);
    add(C, 10);
    assertThat(go(gone)).containsExactly("b:1", "c:1");
    add(A, 10);
    add(B, 10);
    assertThat(go(gone)).isEmpty();
    // when half of one is answered, nothing changes
    gathered.ended(gone.get(1));
    add(A, 10);
    assertThat(go(gone)).isEmpty();
    // then
    gathered.ended(gone.get(2));
    assertThat(go(gone)).containsExactly("a:2", "b:1");
  }

  @Test
  void shouldNotHoldBackAQueueThatHasGatheredMuch() {
    List<EnqueueBatch> gone = new ArrayList<>();
    add(B, 10);
    go(gone);
    add(C, 10);
    go(gone);
    add(A, 10);
    add(B, 10);
    add(A, (int) GatheredBatches.SEND_BYTES);
    assertThat(go(gone)).containsExactly("a:2");
    gone.forEach(gathered::ended);
    assertThat(go(gone)).containsExactly("b:1");
  }

  @Test
  void shouldGoOnWhenAWaveIsGivenUpHalfSent() {
    List<EnqueueBatch> gone = new ArrayList<>();
    add(A, 10);
    add(B, 10);
    gone.add(gathered.next());
    assertThat(gathered.clear()).hasSize(1);
    gone.forEach(gathered::ended);
    for (int wave = 0; wave < 2; wave++) {
      add(A, 10);
      add(B, 10);
      assertThat(go(gone)).containsExactly("a:1", "b:1");
    }
    add(A, 10);
    assertThat(go(gone)).isEmpty();
  }

  private static final class Ignored implements Receipt {
    @Override
    public long joined() {
      return 0;
    }

    @Override
    public void durable(long position, int count, long firstId) {}

    @Override
    public void found(long position, long id) {}

    @Override
    public void failed(long position, int count, MusterException reason) {}
  }
}
