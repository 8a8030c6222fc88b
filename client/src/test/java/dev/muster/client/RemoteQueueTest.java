package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.codec.CodecException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RemoteQueueTest {
  private final FakeMaster master = new FakeMaster();
  private final Muster muster = master.client();
  private final RemoteQueue<String> queue = muster.queue("names", String.class);

  @AfterEach
  void close() {
    muster.close();
    master.close();
  }

  @Test
  void shouldTakeInOrderWhenPut() throws InterruptedException {
    queue.put("a");
    queue.put("b");
    assertThat(queue).hasSize(2);
    assertThat(queue.take()).isEqualTo("a");
    assertThat(queue.poll()).isEqualTo("b");
    assertThat(queue.poll()).isNull();
    assertThat(queue.poll(1, TimeUnit.MILLISECONDS)).isNull();
    assertThat(master.leasedCount()).isZero();
  }

  @Test
  void shouldTakeAnotherWhenElementBelongsToSomebodyElse() throws InterruptedException {
    queue.put("a");
    queue.put("b");
    master.makeStale(1);
    assertThat(queue.take()).isEqualTo("b");
  }

  @Test
  void shouldWaitForRoomWhenFull() throws InterruptedException {
    // given
    RemoteQueue<String> bounded = muster.queue("names", String.class, 1);
    bounded.put("a");
    assertThat(bounded.offer("b")).isFalse();
    assertThat(bounded.offer("b", 1, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(bounded.remainingCapacity()).isZero();
    assertThatThrownBy(() -> bounded.add("b")).isInstanceOf(IllegalStateException.class);
    // when
    CompletableFuture<Void> put =
        CompletableFuture.runAsync(
            () -> {
              try {
                bounded.put("b");
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(bounded.take()).isEqualTo("a");
    put.join();
    // then
    assertThat(bounded.take()).isEqualTo("b");
  }

  @Test
  void shouldGiveBackWhatWasLeasedWhenTakeIsInterrupted() throws InterruptedException {
    // given
    FutureTask<String> take = new FutureTask<>(queue::take);
    Thread taker = new Thread(take);
    taker.start();
    var unused = master.waitingTakes.take();
    // when
    taker.interrupt();
    assertThatThrownBy(take::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedException.class);
    queue.put("a");
    // then: the lease that the interrupted one got is returned
    assertThat(master.settled.take().getSettlement().getReturnedIdsList()).containsExactly(1L);
    assertThat(queue.take()).isEqualTo("a");
  }

  @Test
  void shouldDrainWhatIsThere() {
    queue.addAll(List.of("a", "b", "c"));
    List<String> some = new ArrayList<>();
    assertThat(queue.drainTo(some, 2)).isEqualTo(2);
    assertThat(queue.drainTo(some)).isEqualTo(1);
    assertThat(some).containsExactly("a", "b", "c");
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void shouldBeEmptyWhenCleared() {
    queue.addAll(List.of("a", "b", "c"));
    queue.clear();
    assertThat(master.waiting("names")).isZero();
    assertThat(master.leasedCount()).isZero();
  }

  @Test
  void shouldFailTheEntryWhenItIsOfAnotherType() throws InterruptedException {
    muster.queue("names", Boolean.class).put(true);
    queue.put("a");
    RemoteQueue<Integer> numbers = muster.queue("names", Integer.class);
    assertThatThrownBy(numbers::poll).isInstanceOf(CodecException.class);
    assertThat(master.settled.take().getSettlement().getFailed(0).getId()).isEqualTo(1);
    assertThat(queue.poll()).isEqualTo("a");
  }

  @Test
  void shouldSaySoWhenSomethingCannotBeDoneRemotely() {
    assertThatThrownBy(queue::peek).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(queue::iterator).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> queue.contains("a")).isInstanceOf(UnsupportedOperationException.class);
    assertThat(queue.toString()).isEqualTo("RemoteQueue[names]");
    assertThat(queue.remainingCapacity()).isEqualTo(Integer.MAX_VALUE);
  }
}
