package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.TaskEndedException;
import dev.muster.common.TaskFailedException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnknownTaskException;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TaskResultsTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final FakeMaster master = new FakeMaster();
  private final Muster muster = master.client();
  private final TaskResults results = muster.results();

  @AfterEach
  void close() {
    muster.close();
    master.close();
  }

  @Test
  void shouldGiveAllResultsInTheOrderOfTheIdsByOneCall() throws InterruptedException {
    // given
    List<Long> ids = LongStream.rangeClosed(1, 5_000).boxed().toList();
    CompletableFuture<List<Integer>> all =
        CompletableFuture.supplyAsync(() -> results.awaitAll(ids, Integer.class, LONG));
    assertThat(master.awaitRequests.take().getIdsCount()).isEqualTo(5_000);
    // when: they finish in another order
    for (int id = 5_000; id >= 1; id--) {
      master.finish(succeeded(id));
    }
    // then
    assertThat(all.join()).isEqualTo(IntStream.rangeClosed(1, 5_000).boxed().toList());
    assertThat(master.awaitRequests).isEmpty();
  }

  @Test
  void shouldGiveTheResultAgainForAnIdThatStandsTwice() {
    master.finish(succeeded(5));
    assertThat(results.awaitAll(List.of(5L, 5L), Integer.class, LONG)).containsExactly(5, 5);
    assertThat(results.awaitAll(List.of(), Integer.class, LONG)).isEmpty();
  }

  @Test
  void shouldAskOnlyForWhatIsMissingWhenTheCallBreaks() throws InterruptedException {
    // given
    List<Long> order = new ArrayList<>();
    CompletableFuture<Void> each =
        CompletableFuture.runAsync(
            () ->
                results.awaitEach(
                    List.of(1L, 2L, 3L), Integer.class, LONG, end -> order.add(end.id())));
    var unused = master.awaitRequests.take();
    master.finish(succeeded(2));
    // when
    master.breakAwaits();
    // then: the one that is finished is not asked for again, and is handed over once
    assertThat(master.awaitRequests.take().getIdsList()).containsExactly(1L, 3L);
    master.finish(succeeded(3));
    master.finish(succeeded(1));
    each.join();
    assertThat(order).containsExactly(2L, 3L, 1L);
  }

  @Test
  void shouldGiveTheFirstThatEnds() throws InterruptedException {
    // given
    CompletableFuture<TaskEnd<Integer>> any =
        CompletableFuture.supplyAsync(
            () -> results.awaitAny(List.of(1L, 2L, 3L), Integer.class, LONG));
    AwaitRequest request = master.awaitRequests.take();
    assertThat(request.getAny()).isTrue();
    // when
    master.finish(succeeded(2));
    // then
    assertThat(any.join().id()).isEqualTo(2);
    assertThat(any.join().value()).isEqualTo(2);
  }

  @Test
  void shouldHandOverEachKindOfEnd() {
    // given
    master.finish(ended(1, TaskState.TASK_STATE_CANCELLED).setCause("no longer needed").build());
    master.finish(ended(2, TaskState.TASK_STATE_EXPIRED).build());
    master.finish(ended(3, TaskState.TASK_STATE_QUARANTINED).setCause("3 crashes").build());
    master.finish(
        ended(4, TaskState.TASK_STATE_FAILED)
            .setFailure(Failure.newBuilder().setKind("x.Bad"))
            .build());
    master.finish(ended(5, TaskState.TASK_STATE_UNKNOWN).build());
    // when
    List<TaskEnd<Integer>> ends = new ArrayList<>();
    results.awaitEach(List.of(1L, 2L, 3L, 4L, 5L), Integer.class, LONG, ends::add);
    // then
    assertThatThrownBy(ends.get(0)::value)
        .isInstanceOfSatisfying(
            TaskEndedException.class,
            e -> assertThat(e.state()).isEqualTo(TaskState.TASK_STATE_CANCELLED))
        .hasMessage("task 1 was cancelled: no longer needed");
    assertThatThrownBy(ends.get(1)::value)
        .hasMessage("task 2 expired: it waited longer than it may");
    assertThatThrownBy(ends.get(2)::value)
        .isInstanceOf(TaskEndedException.class)
        .hasMessageStartingWith("task 3 is quarantined")
        .hasMessageEndingWith("3 crashes");
    assertThatThrownBy(ends.get(3)::value).isInstanceOf(TaskFailedException.class);
    assertThatThrownBy(ends.get(4)::value).isInstanceOf(UnknownTaskException.class);
    assertThat(ends).noneMatch(TaskEnd::isSucceeded);
  }

  @Test
  void shouldThrowWhatOneOfAllCameTo() {
    master.finish(ended(2, TaskState.TASK_STATE_CANCELLED).build());
    assertThatThrownBy(() -> results.awaitAll(List.of(1L, 2L), Integer.class, LONG))
        .isInstanceOfSatisfying(TaskEndedException.class, e -> assertThat(e.taskId()).isEqualTo(2));
  }

  @Test
  void shouldSayHowManyAreMissingWhenTheTimeIsOver() {
    Duration little = Duration.ofMillis(50);
    assertThatThrownBy(() -> results.awaitAll(List.of(1L, 2L, 3L), Integer.class, little))
        .isInstanceOf(TimedOutException.class)
        .hasMessageContaining("3 of 3 tasks were not finished within 50 ms, such as task 1");
    assertThatThrownBy(() -> results.awaitAny(List.of(2L), Integer.class, little))
        .isInstanceOf(TimedOutException.class);
  }

  @Test
  void shouldAwaitInPartsWhenThereAreMoreIdsThanOneCallTakes() {
    List<Long> ids = LongStream.rangeClosed(1, Limits.AWAIT_IDS_MAX + 1).boxed().toList();
    ids.forEach(id -> master.finish(succeeded(id)));
    assertThat(results.awaitAll(ids, Integer.class, LONG)).hasSize(ids.size());
    assertThat(master.awaitRequests)
        .extracting(AwaitRequest::getIdsCount)
        .containsExactly(Limits.AWAIT_IDS_MAX, 1);
  }

  @Test
  void shouldKeepTheInterruptWhenInterrupted() throws Exception {
    // given
    FutureTask<Boolean> waiting =
        new FutureTask<>(
            () -> {
              assertThatThrownBy(() -> results.awaitAll(List.of(1L), Integer.class, LONG))
                  .hasMessageContaining("interrupted while 1 tasks were awaited");
              return Thread.interrupted();
            });
    Thread thread = new Thread(waiting);
    thread.start();
    var unused = master.awaitRequests.take();
    // when
    thread.interrupt();
    // then
    assertThat(waiting.get()).isTrue();
  }

  @Test
  void shouldRefuseToAwaitTheFirstOfNone() {
    assertThatThrownBy(() -> results.awaitAny(List.of(), Integer.class, LONG))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found 0");
  }

  private static TaskResult succeeded(long id) {
    return ended(id, TaskState.TASK_STATE_SUCCEEDED)
        .setContentType("application/json")
        .setResult(ByteString.copyFromUtf8(String.valueOf(id)))
        .build();
  }

  private static TaskResult.Builder ended(long id, TaskState state) {
    return TaskResult.newBuilder().setId(id).setState(state);
  }
}
