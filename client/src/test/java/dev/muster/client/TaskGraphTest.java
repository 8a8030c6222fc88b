package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.OnFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TaskGraphTest {
  private final FakeMaster master = new FakeMaster();
  private final Muster muster = master.client();
  private final TaskQueue<Integer> squares = muster.tasks("tasks", Integer.class).handler("square");
  private final TaskQueue<Integer> sums = muster.tasks("sums", Integer.class).handler("sum");

  @AfterEach
  void close() {
    muster.close();
    master.close();
  }

  @Test
  void shouldSendNodesWithWhatTheyWaitFor() {
    // given
    TaskGraph graph = muster.graph().parent(99);
    TaskGraph.Node first = graph.add(squares.task(1));
    TaskGraph.Node second =
        graph.add(squares.group("g").delay(Duration.ofSeconds(1)).task(2, TaskKeys.ofTenant("t")));
    TaskGraph.Node join =
        graph.add(sums.onFailure(OnFailure.ON_FAILURE_RUN).task(3)).after(first, second);
    // when
    GraphIds ids = graph.enqueue();
    // then
    GraphRequest request = master.graphs.remove();
    assertThat(request.getParentId()).isEqualTo(99);
    assertThat(request.getRequest().getNumber()).isPositive();
    assertThat(request.getOptionsList()).hasSize(2);
    GraphNode keyed = request.getNodes(1);
    assertThat(keyed.getGroup()).isEqualTo("g");
    assertThat(keyed.getTenant()).isEqualTo("t");
    assertThat(keyed.getDelayMs()).isEqualTo(1_000);
    assertThat(request.getNodes(2).getQueue()).isEqualTo("sums");
    assertThat(request.getNodes(2).getAfterList()).containsExactly(0, 1);
    assertThat(request.getNodes(2).getOnFailure()).isEqualTo(OnFailure.ON_FAILURE_RUN);
    assertThat(request.getOptions(request.getNodes(2).getOptions()).getHandler()).isEqualTo("sum");
    assertThat(ids.all()).containsExactly(1L, 2L, 3L);
    assertThat(ids.of(join)).isEqualTo(3).isEqualTo(ids.last());
  }

  @Test
  void shouldAddOnceWhenTheCallBreaksBeforeTheAnswer() {
    // given
    AtomicBoolean once = new AtomicBoolean(true);
    master.breakGraphAfter = request -> once.getAndSet(false);
    // when
    GraphIds ids = muster.chain(squares.task(1), squares.task(2)).enqueue();
    // then
    assertThat(ids.all()).containsExactly(1L, 2L);
    assertThat(master.waiting("tasks")).isEqualTo(2);
    assertThat(master.graphs.remove()).isEqualTo(master.graphs.remove());
  }

  @Test
  void shouldMakeEachTaskOfAChainWaitForTheOneBefore() {
    var unused = muster.chain(squares.task(1), squares.task(2), sums.task(3)).enqueue();
    assertThat(master.graphs.remove().getNodesList())
        .extracting(GraphNode::getAfterList)
        .containsExactly(List.of(), List.of(0), List.of(1));
  }

  @Test
  void shouldJoinTenThousandTasks() {
    // given
    List<NewTask> parts = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      parts.add(squares.task(i));
    }
    // when
    GraphIds ids = muster.group(parts).then(sums.task(0)).enqueue();
    // then
    GraphRequest request = master.graphs.remove();
    assertThat(request.getNodes(10_000).getAfterCount()).isEqualTo(10_000);
    assertThat(request.getOptionsCount()).isEqualTo(2);
    assertThat(ids.last()).isEqualTo(10_001);
  }

  @Test
  void shouldNameTheTasksOfACircle() {
    TaskGraph graph = muster.graph();
    TaskGraph.Node free = graph.add("free", squares.task(0));
    TaskGraph.Node a = graph.add("a", squares.task(1)).after(free);
    TaskGraph.Node b = graph.add("b", squares.task(2)).after(a);
    TaskGraph.Node c = graph.add("c", squares.task(3)).after(b);
    graph.add("behind", squares.task(4)).after(c);
    a.after(c);
    refuses(graph::enqueue, "in a circle, found a after c after b after a");
    assertThat(master.graphs).isEmpty();
  }

  @Test
  void shouldRefuseATaskThatWaitsForItself() {
    TaskGraph graph = muster.graph();
    TaskGraph.Node only = graph.add(squares.task(1));
    only.after(only);
    refuses(graph::enqueue, "found square #0 after square #0");
  }

  @Test
  void shouldRefuseATaskOfAnotherGraph() {
    TaskGraph.Node other = muster.graph().add("elsewhere", squares.task(1));
    TaskGraph graph = muster.graph();
    TaskGraph.Node node = graph.add("here", squares.task(2));
    refuses(
        () -> node.after(other),
        "task here cannot wait for task elsewhere, which is of another graph");
    GraphIds ids = graph.enqueue();
    refuses(() -> ids.of(other), "task elsewhere was not in this graph");
  }

  @Test
  void shouldRefuseWhatAGraphCannotCarry() {
    TaskGraph graph = muster.graph();
    refuses(graph::enqueue, "a graph must have a task");
    refuses(() -> graph.add(squares.unique("u").task(1)), "cannot have a unique key");
    refuses(
        () -> graph.add(squares.parent(5).task(1)), "cannot have a parent: give it to the graph");
    refuses(() -> graph.add(squares.after(List.of(5L)).task(1)), "tasks outside the graph");
    refuses(
        () -> graph.add("late", squares.runAt(Instant.ofEpochMilli(5)).task(1)),
        "task late of a graph cannot have a time to run at");
  }

  @Test
  void shouldSayWhenAGraphIsTooLarge() {
    TaskQueue<byte[]> blobs = muster.tasks("blobs", byte[].class);
    TaskGraph graph = muster.group(List.of(blobs.task(new byte[4 << 20]), blobs.task(new byte[1])));
    refuses(
        graph::enqueue, "the 2 tasks of a graph travel in one message of at most 4194304 bytes");
  }

  @Test
  void shouldCancel() {
    assertThat(muster.cancel(7, true, "not needed").getCancelling()).isEqualTo(1);
    assertThat(master.cancels.remove().toBuilder().clearRequest().build())
        .isEqualTo(
            CancelRequest.newBuilder().addIds(7).setSubtree(true).setReason("not needed").build());
  }

  private static void refuses(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
