package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.RefusedException;
import dev.muster.common.TaskFailedException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnknownTaskException;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TaskQueueTest {
  private final FakeMaster master = new FakeMaster();
  private final Muster muster = master.client();
  private final TaskQueue<Integer> tasks = muster.tasks("tasks", Integer.class).handler("square");

  @AfterEach
  void close() {
    muster.close();
    master.close();
  }

  @Test
  void shouldReturnIdWhenDurable() {
    assertThat(tasks.enqueue(7)).isEqualTo(1);
    EnqueueRequest request = master.requests.remove();
    assertThat(request.getOptions().getHandler()).isEqualTo("square");
    assertThat(request.getPayloads(0).toStringUtf8()).isEqualTo("7");
    assertThat(request.getRequest().getNumber()).isEqualTo(1);
  }

  @Test
  void shouldReturnIdsInOrderWhenManyAreAdded() {
    List<Integer> values = IntStream.range(0, 10_000).boxed().toList();
    assertThat(tasks.enqueueAll(values))
        .isEqualTo(LongStream.rangeClosed(1, 10_000).boxed().toList());
  }

  @Test
  void shouldGatherWhileAnswersAreMissing() {
    // given
    master.holdAnswers = true;
    List<CompletableFuture<Long>> ids = new ArrayList<>();
    // when
    for (int i = 0; i < 100; i++) {
      ids.add(tasks.enqueueAsync(i));
      if (i == 0) {
        takeRequest();
      }
    }
    int second = takeRequest().getPayloadsCount();
    master.releaseAnswers();
    ids.forEach(CompletableFuture::join);
    // then: two requests went at once, and the rest together; a slow sender's second has it all
    if (second < 99) {
      assertThat(takeRequest().getPayloadsCount()).isEqualTo(99 - second);
    }
  }

  @Test
  void shouldAddOnceWhenStreamBreaksBeforeTheAnswer() {
    // given
    AtomicBoolean once = new AtomicBoolean(true);
    master.breakAfter = request -> once.getAndSet(false);
    // when
    long id = tasks.enqueue(7);
    // then
    assertThat(id).isEqualTo(1);
    assertThat(master.waiting("tasks")).isEqualTo(1);
    assertThat(takeRequest()).isEqualTo(takeRequest());
  }

  @Test
  void shouldLoseAndDoubleNothingWhenStreamsBreakOftenUnderLoad() {
    // given
    master.breakAfter = request -> request.getRequest().getNumber() % 7 == 0 && seldom();
    master.breakBefore = request -> request.getRequest().getNumber() % 5 == 0 && seldom();
    // when
    try (EnqueueStream<Integer> stream = tasks.stream()) {
      for (int i = 0; i < 50_000; i++) {
        stream.add(i);
      }
      stream.flush();
      // then
      assertThat(stream.durable()).isEqualTo(50_000);
    }
    assertThat(master.waiting("tasks")).isEqualTo(50_000);
  }

  private int broken;

  private synchronized boolean seldom() {
    return broken++ < 20;
  }

  @Test
  void shouldThrowTheReasonWhenRefused() {
    var unused = muster.configure("tasks", OptionalLong.of(1), OptionalLong.empty());
    assertThat(tasks.enqueue(1)).isEqualTo(1);
    assertThatThrownBy(() -> tasks.enqueue(2))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e -> assertThat(e.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_QUEUE_FULL));
  }

  @Test
  void shouldThrowTheReasonOnceWhenAStreamInTryWithResourcesIsRefused() {
    var unused = muster.configure("tasks", OptionalLong.of(1), OptionalLong.empty());
    assertThatThrownBy(
            () -> {
              try (EnqueueStream<Integer> stream = tasks.stream()) {
                stream.add(1);
                stream.flush();
                stream.add(2);
                stream.flush();
              }
            })
        .isInstanceOf(RefusedException.class)
        .hasNoSuppressedExceptions();
  }

  @Test
  void shouldThrowTheReasonWhenARefusedStreamIsClosed() {
    var unused = muster.configure("tasks", OptionalLong.of(1), OptionalLong.empty());
    EnqueueStream<Integer> stream = tasks.stream();
    stream.add(1);
    stream.flush();
    stream.add(2);
    assertThatThrownBy(stream::close).isInstanceOf(RefusedException.class);
  }

  @Test
  void shouldThrowWhenNotAcknowledgedInTime() {
    master.holdAnswers = true;
    try (Muster impatient = master.client(Duration.ofMillis(20))) {
      TaskQueue<Integer> queue = impatient.tasks("tasks", Integer.class);
      assertThatThrownBy(() -> queue.enqueue(1)).isInstanceOf(TimedOutException.class);
      master.releaseAnswers();
    }
  }

  @Test
  void shouldDecodeResultWhenSucceeded() throws InterruptedException {
    // given
    CompletableFuture<Integer> result = tasks.result(5, Integer.class);
    assertThat(master.awaitRequests.take().getIdsList()).containsExactly(5L);
    // when
    master.finish(succeeded(5, "25"));
    // then
    assertThat(result.join()).isEqualTo(25);
  }

  @Test
  void shouldAskAgainWhenAwaitBreaks() throws InterruptedException {
    // given
    CompletableFuture<Integer> result = tasks.result(5, Integer.class);
    assertThat(master.awaitRequests.take().getIdsList()).containsExactly(5L);
    // when
    master.breakAwaits();
    // then
    assertThat(master.awaitRequests.take().getIdsList()).containsExactly(5L);
    master.finish(succeeded(5, "25"));
    assertThat(result.join()).isEqualTo(25);
  }

  @Test
  void shouldServeAllWhenManyAreAwaitedOneByOne() throws InterruptedException {
    List<CompletableFuture<Integer>> results = new ArrayList<>();
    for (int id = 1; id <= 100; id++) {
      results.add(tasks.result(id, Integer.class));
      if (id % 3 == 0) {
        var unused = master.awaitRequests.take();
      }
    }
    for (int id = 100; id >= 1; id--) {
      master.finish(succeeded(id, String.valueOf(id)));
    }
    for (int id = 1; id <= 100; id++) {
      assertThat(results.get(id - 1).join()).isEqualTo(id);
    }
  }

  @Test
  void shouldThrowWhatBecameOfTheTask() {
    master.finish(
        TaskResult.newBuilder()
            .setId(5)
            .setState(TaskState.TASK_STATE_FAILED)
            .setFailure(Failure.newBuilder().setKind("x.Bad").setMessage("no"))
            .build());
    master.finish(TaskResult.newBuilder().setId(6).build());
    assertThatThrownBy(() -> tasks.await(5, Integer.class, Duration.ofSeconds(30)))
        .isInstanceOfSatisfying(
            TaskFailedException.class, e -> assertThat(e.failure().getKind()).isEqualTo("x.Bad"));
    assertThatThrownBy(() -> tasks.await(6, Integer.class, Duration.ofSeconds(30)))
        .isInstanceOf(UnknownTaskException.class);
    assertThatThrownBy(() -> tasks.await(7, Integer.class, Duration.ofMillis(1)))
        .isInstanceOf(TimedOutException.class)
        .hasMessageContaining("task 7");
  }

  private static TaskResult succeeded(long id, String json) {
    return TaskResult.newBuilder()
        .setId(id)
        .setState(TaskState.TASK_STATE_SUCCEEDED)
        .setContentType("application/json")
        .setResult(ByteString.copyFromUtf8(json))
        .build();
  }

  private EnqueueRequest takeRequest() {
    try {
      return master.requests.take();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
