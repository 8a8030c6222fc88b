package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Tasks after others, their inputs, and what a task enqueues as it completes. */
final class TiesTest extends OneQueue {
  @Test
  void shouldRunATaskAfterThoseThatComeFirst() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder(), 3);
    take(1);
    complete(first.get(0));
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    assertThat(task(join).getPendingIdsList()).containsExactly(first.get(1), first.get(2));
    rig.flush();
    assertThat(take(9)).containsExactly(first.get(1), first.get(2));
    complete(first.get(2));
    assertThat(take(9)).isEmpty();
    complete(first.get(1));
    assertThat(take(9)).containsExactly(join);
    assertThat(inputs(join))
        .extracting(TaskResult::getId, input -> input.getResult().toStringUtf8())
        .containsExactly(
            org.assertj.core.api.Assertions.tuple(first.get(0), "result of " + first.get(0)),
            org.assertj.core.api.Assertions.tuple(first.get(1), "result of " + first.get(1)),
            org.assertj.core.api.Assertions.tuple(first.get(2), "result of " + first.get(2)));
  }

  @Test
  void shouldCountEachTaskOnceInAJoinHoweverOftenItIsTried() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder().setOptions(THREE_ATTEMPTS), 2);
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    take(2);
    long token = task(first.get(0)).getToken();
    fail(first.get(0), true);
    pass(60_000);
    take(1);
    complete(first.get(0));
    rig.apply(settle(completed(first.get(0), token, "again")));
    assertThat(take(9)).isEmpty();
    assertThat(task(join).getPendingCount()).isEqualTo(1);
    complete(first.get(1));
    assertThat(take(9)).containsExactly(join);
  }

  @Test
  void shouldCancelWhatComesAfterAFailureAndRunWhatAsksTo() {
    long first = enqueueOne();
    long strict = enqueue(EnqueueRequest.newBuilder().addAfterIds(first), 1).get(0);
    long after = enqueue(EnqueueRequest.newBuilder().addAfterIds(strict), 1).get(0);
    long lenient =
        enqueue(
                EnqueueRequest.newBuilder()
                    .addAfterIds(first)
                    .setOnFailure(OnFailure.ON_FAILURE_RUN),
                1)
            .get(0);
    take(1);
    fail(first, false);
    assertThat(state(strict)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(task(strict).getCause()).contains("task " + first).contains("FAILED");
    assertThat(state(after)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(take(9)).containsExactly(lenient);
    assertThat(inputs(lenient).get(0).getState()).isEqualTo(TaskState.TASK_STATE_FAILED);
    long late = enqueue(EnqueueRequest.newBuilder().addAfterIds(first), 1).get(0);
    assertThat(state(late)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void shouldRefuseToWaitForATaskThatIsNotKnown() {
    enqueueOne();
    Outcome.Refused refused =
        (Outcome.Refused)
            rig.apply(
                Command.newBuilder()
                    .setEnqueue(
                        EnqueueRequest.newBuilder()
                            .setQueue("q")
                            .addPayloads(ByteString.EMPTY)
                            .addAfterIds(77))
                    .build());
    assertThat(refused.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_TASK);
  }

  private Inspection.InputPage page(long id, int from) {
    return Objects.requireNonNull(rig.machine.inspect().inputs(id, from));
  }

  private List<TaskResult> inputs(long id) {
    List<TaskResult> all = new ArrayList<>();
    int next = 0;
    do {
      Inspection.InputPage page = page(id, next);
      assertThat(page.results()).hasSizeLessThanOrEqualTo(1_000);
      all.addAll(page.results());
      next = page.next();
    } while (next != 0);
    return all;
  }

  @Test
  void shouldReadInputsByBytesToo() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder(), 3);
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    take(3);
    long token = rig.index();
    for (long id : first) {
      rig.apply(settle(completed(id, token, "x".repeat(700_000))));
    }
    Inspection.InputPage page = page(join, 0);
    assertThat(page.results()).hasSize(2);
    assertThat(page.next()).isEqualTo(2);
  }

  @Test
  void shouldSayThatInputsAreGoneInTheMiddleOfThem() {
    List<Long> first = enqueue(EnqueueRequest.newBuilder(), 2);
    long join = enqueue(EnqueueRequest.newBuilder().addAllAfterIds(first), 1).get(0);
    take(2);
    first.forEach(this::complete);
    take(1);
    complete(join);
    assertThat(rig.machine.inspect().inputs(join, 1)).isNull();
    assertThat(inputs(join)).isEmpty();
  }

  @Test
  void shouldJoinTenThousandTasks() {
    GraphRequest.Builder graph =
        GraphRequest.newBuilder().addOptions(TaskOptions.getDefaultInstance());
    GraphNode.Builder join = GraphNode.newBuilder().setQueue("q");
    for (int i = 0; i < 10_000; i++) {
      graph.addNodes(GraphNode.newBuilder().setQueue("q"));
      join.addAfter(i);
    }
    Outcome.Enqueued added =
        (Outcome.Enqueued) rig.apply(Command.newBuilder().setGraph(graph.addNodes(join)).build());
    long joinId = added.firstId() + 10_000;
    List<Long> ids = take(20_000);
    assertThat(ids).hasSize(10_000).doesNotContain(joinId);
    long token = rig.index();
    for (long id : ids) {
      if (id % 3_000 == 0) {
        rig.flush();
      }
      rig.apply(settle(completed(id, token, "")));
    }
    assertThat(take(9)).containsExactly(joinId);
    assertThat(inputs(joinId)).extracting(TaskResult::getId).isEqualTo(ids);
  }

  @Test
  void shouldRunAGraphInOrderOfItsTies() {
    GraphRequest graph =
        GraphRequest.newBuilder()
            .addOptions(TaskOptions.getDefaultInstance())
            .addNodes(GraphNode.newBuilder().setQueue("q").addAfter(1).addAfter(2))
            .addNodes(GraphNode.newBuilder().setQueue("q").addAfter(2))
            .addNodes(GraphNode.newBuilder().setQueue("q"))
            .build();
    long last =
        ((Outcome.Enqueued) rig.apply(Command.newBuilder().setGraph(graph).build())).firstId();
    assertThat(take(9)).containsExactly(last + 2);
    complete(last + 2);
    assertThat(take(9)).containsExactly(last + 1);
    complete(last + 1);
    assertThat(take(9)).containsExactly(last);
  }

  @Test
  void shouldEnqueueFollowUpsWithAnAcceptedCompletionOnly() {
    long id = enqueueOne();
    take(1);
    long token = task(id).getToken();
    Settlement.Builder settlement =
        completed(id, token, "done")
            .addFollowUps(
                FollowUp.newBuilder()
                    .setId(id)
                    .setTasks(
                        EnqueueRequest.newBuilder()
                            .setQueue("q")
                            .addPayloads(ByteString.copyFromUtf8("next"))));
    rig.apply(settle(settlement.clone().setCompletedTokens(0, token + 1)));
    assertThat(queue().getEnqueued()).isEqualTo(1);
    rig.apply(settle(settlement.clone()));
    rig.apply(settle(settlement.clone()));
    assertThat(queue().getEnqueued()).isEqualTo(2);
    List<Long> next = take(9);
    assertThat(next).hasSize(1);
    assertThat(task(next.get(0)).getParentId()).isEqualTo(id);
  }
}
