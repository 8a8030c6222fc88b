package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.proto.v1.EnqueueRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tasks with keys of their own, through the whole client. */
@Timeout(60)
final class TaskKeysTest {
  private final FakeMaster master = new FakeMaster();
  private final Muster muster = master.client();
  private final TaskQueue<Integer> tasks = muster.tasks("tasks", Integer.class);

  @AfterEach
  void close() {
    muster.close();
    master.close();
  }

  @Test
  void shouldSendTheViewsKeysAndOptions() {
    var unused =
        tasks
            .group("g")
            .tenant("t")
            .unique("u")
            .priority(7)
            .delay(Duration.ofSeconds(5))
            .enqueue(1);
    EnqueueRequest request = master.requests.remove();
    assertThat(request.getGroupsList()).containsExactly("g");
    assertThat(request.getTenantsList()).containsExactly("t");
    assertThat(request.getUniqueKeysList()).containsExactly("u");
    assertThat(request.getOptions().getPriority()).isEqualTo(7);
    assertThat(request.getDelayMs()).isEqualTo(5_000);
  }

  @Test
  void shouldSendTasksOfDifferentKeysTogether() throws InterruptedException {
    // given: two requests are on their way, so that what follows gathers
    master.holdAnswers = true;
    CompletableFuture<Long> first = tasks.enqueueAsync(0);
    var unused = master.requests.take();
    CompletableFuture<Long> second = tasks.enqueueAsync(1);
    unused = master.requests.take();
    // when
    CompletableFuture<Long> plain = tasks.enqueueAsync(2);
    CompletableFuture<Long> grouped = tasks.group("a").enqueueAsync(3);
    CompletableFuture<Long> keyed = tasks.enqueueAsync(4, TaskKeys.ofGroup("b"));
    master.releaseAnswers();
    CompletableFuture.allOf(first, second, plain, grouped, keyed).join();
    // then
    EnqueueRequest together = master.requests.take();
    assertThat(together.getPayloadsCount()).isEqualTo(3);
    assertThat(together.getGroupsList()).containsExactly("", "a", "b");
    assertThat(together.getGroupIndexesList()).containsExactly(0, 1, 2);
    assertThat(keyed.join()).isEqualTo(5);
  }

  @Test
  void shouldTellThatTheUniqueKeyWasThereBefore() {
    Enqueued added = tasks.enqueueUnique(1, "order-7");
    assertThat(added).isEqualTo(new Enqueued(1, false));
    assertThat(tasks.enqueueUnique(2, "order-7")).isEqualTo(new Enqueued(1, true));
    assertThat(tasks.enqueue(3, TaskKeys.ofUnique("order-7"))).isEqualTo(1);
    assertThat(tasks.unique("order-7").enqueueAsync(4).join()).isEqualTo(1);
    assertThat(tasks.enqueue(5)).isEqualTo(2);
  }

  @Test
  void shouldRefuseAPayloadThatDoesNotFitBesideTheTasksToWaitFor() {
    List<Long> many = LongStream.rangeClosed(1, 60_000).boxed().toList();
    TaskQueue<byte[]> blobs = muster.tasks("blobs", byte[].class).after(many);
    assertThat(blobs.enqueue(new byte[1 << 20])).isEqualTo(1);
    assertThatThrownBy(() -> blobs.enqueue(new byte[4 << 20]))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("with the 60000 tasks that it waits for");
  }

  @Test
  void shouldCountWhatAStreamFoundThere() {
    try (EnqueueStream<Integer> stream = tasks.stream()) {
      for (int i = 0; i < 1_000; i++) {
        stream.add(i, TaskKeys.ofUnique("k" + i % 10));
      }
      stream.flush();
      assertThat(stream.durable()).isEqualTo(1_000);
      assertThat(stream.existing()).isEqualTo(990);
    }
    assertThat(master.waiting("tasks")).isEqualTo(10);
  }
}
