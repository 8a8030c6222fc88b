package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.CompletedUsage;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each rule of an enqueue, a graph and a settlement: what is refused, and how it is said. */
final class EnqueueCheckTest {
  private static EnqueueRequest.Builder one() {
    return EnqueueRequest.newBuilder().setQueue("q").addPayloads(ByteString.EMPTY);
  }

  private static EnqueueRequest.Builder two() {
    return one().addPayloads(ByteString.EMPTY);
  }

  private static void accepted(EnqueueRequest.Builder request) {
    assertThat(EnqueueCheck.enqueue(request.build(), false)).isNull();
  }

  private static void refused(EnqueueRequest.Builder request, String part) {
    refused(request, RefusalReason.REFUSAL_REASON_BAD_REQUEST, part);
  }

  private static void refused(EnqueueRequest.Builder request, RefusalReason reason, String part) {
    said(EnqueueCheck.enqueue(request.build(), false), reason, part);
  }

  private static void said(Outcome.@Nullable Refused refused, RefusalReason reason, String part) {
    assertThat(Objects.requireNonNull(refused, part).message()).contains(part);
    assertThat(refused.reason()).isEqualTo(reason);
  }

  @Test
  void shouldBoundTheWaitForRoom() {
    accepted(one().setWaitMs(Limits.ENQUEUE_WAIT_MS_MAX));
    refused(one().setWaitMs(Limits.ENQUEUE_WAIT_MS_MAX + 1), "at most 60000 ms, found 60001");
    refused(one().setWaitMs(-1), "at most 60000 ms, found 4294967295");
  }

  private static void options(Consumer<TaskOptions.Builder> change, String part) {
    TaskOptions.Builder options = TaskOptions.newBuilder();
    change.accept(options);
    refused(one().setOptions(options), part);
  }

  private static void retry(int attempts, int minMs, int maxMs, String part) {
    options(
        options ->
            options.setRetry(
                RetryPolicy.newBuilder()
                    .setMaxAttempts(attempts)
                    .setBackoffMinMs(minMs)
                    .setBackoffMaxMs(maxMs)),
        part);
  }

  @Test
  void shouldAcceptTheLargestOfEverything() {
    TaskOptions.Builder options =
        TaskOptions.newBuilder()
            .setPriority(9)
            .setTtlMs(Limits.TASK_TIME_MS_MAX)
            .setRunLimitMs(Limits.TASK_TIME_MS_MAX)
            .setCost(Limits.COST_MAX)
            .setRetry(
                RetryPolicy.newBuilder()
                    .setMaxAttempts(1_000)
                    .setBackoffMinMs(1)
                    .setBackoffMaxMs((int) Limits.BACKOFF_MS_MAX));
    for (int i = 0; i < Limits.LABELS_MAX; i++) {
      options.putRequires("label" + i, "x".repeat(255));
    }
    accepted(
        two()
            .setOptions(options)
            .setDelayMs(Limits.TASK_TIME_MS_MAX)
            .addGroups("g".repeat(255))
            .addGroups("")
            .addUniqueKeys("")
            .addUniqueKeys("")
            .addAfterIds(1)
            .addAfterIds(2));
    accepted(one().setRunAtMs(1));
    accepted(one().setRunAtMs(Limits.RUN_AT_MS_MAX));
  }

  @Test
  void shouldRefuseNumbersOutOfRange() {
    options(o -> o.setPriority(10), "a priority is 0 to 9, 9 goes first, found 10");
    options(o -> o.setPriority(-1), "found -1");
    options(o -> o.setCost(10_001), "costs 1 to 10000 slots, found 10001");
    options(o -> o.setTtlMs(-1), "a TTL is 0 to");
    options(o -> o.setRunLimitMs(Limits.TASK_TIME_MS_MAX + 1), "a run-time limit is 0 to");
    options(o -> o.setProgressTimeoutMs(-1), "a progress time-out is 0 to");
  }

  @Test
  void shouldRefuseARetryThatCannotBe() {
    retry(1_001, 0, 0, "1 to 1000 attempts at most, found 1001");
    retry(0, 2_000, 1_000, "shortest back-off must not be longer than the longest");
    retry(0, 0, -1, "a back-off is at most");
    accepted(
        one()
            .setOptions(
                TaskOptions.newBuilder().setRetry(RetryPolicy.newBuilder().setBackoffMinMs(5))));
  }

  @Test
  void shouldRefuseTimesThatContradictOrCannotBe() {
    refused(one().setDelayMs(-5), "a delay is 0 to 315360000000 ms, found -5");
    refused(one().setDelayMs(Limits.TASK_TIME_MS_MAX + 1), "a delay is 0 to");
    refused(one().setDelayMs(1).setRunAtMs(1), "not both");
    refused(one().setRunAtMs(-1), "ms since the epoch");
    refused(
        one().setRunAtMs(Limits.RUN_AT_MS_MAX + 1), "from 1 to 31536000000000, found 3153600000");
    refused(one().setUniqueForMs(-1), "unique key holds");
  }

  @Test
  void shouldRefuseWhatIsRequiredTooMuch() {
    options(
        o -> {
          for (int i = 0; i <= Limits.LABELS_MAX; i++) {
            o.putRequires("l" + i, "");
          }
        },
        "at most 16 labels, found 17");
    options(o -> o.putRequires("l", "x".repeat(256)), "a label has a name");
    options(o -> o.putRequires("", "x"), "a label has a name");
  }

  @Test
  void shouldRefuseColumnsThatDoNotFit() {
    refused(two().addGroups("g"), "groups are as many as payloads, or none, found 1 for 2");
    refused(
        two().addGroups("g").addGroupIndexes(0),
        "group indexes are as many as payloads, or none, found 1 for 2");
    refused(
        two().addTenantIndexes(0).addTenantIndexes(0),
        "tenants are 1 to as many as payloads where there are indexes, found 0 for 2");
    refused(
        one().addTenants("t").addTenants("u").addTenantIndexes(0),
        "tenants are 1 to as many as payloads where there are indexes, found 2 for 1");
    refused(
        two().addTenants("t").addTenantIndexes(0).addTenantIndexes(1),
        "a tenant index is 0 to 0, the last of the tenants, found 1");
    refused(
        one().addGroups("g").addGroupIndexes(-1),
        "a group index is 0 to 0, the last of the groups, found 4294967295");
    refused(one().addGroups("ü".repeat(128)).addGroupIndexes(0), "at most 255 bytes, found 256");
    refused(one().addTenants("t").addTenants("t"), "tenants are as many");
    refused(one().addGroups("ü".repeat(128)), "at most 255 bytes, found 256");
    refused(
        two().addUniqueKeys("k").addUniqueKeys("k"),
        RefusalReason.REFUSAL_REASON_DUPLICATE,
        "unique key \"k\" stands twice");
    refused(
        one().addAfterIds(7).addAfterIds(7),
        RefusalReason.REFUSAL_REASON_DUPLICATE,
        "names task 7 twice");
    refused(one().setUniqueScopeValue(9), "a unique scope is");
    refused(one().setOnFailureValue(9), "cancelled (0) or run (1), found 9");
  }

  private static GraphRequest.Builder graph(int[]... after) {
    GraphRequest.Builder graph =
        GraphRequest.newBuilder().addOptions(TaskOptions.getDefaultInstance());
    for (int[] before : after) {
      GraphNode.Builder node = GraphNode.newBuilder().setQueue("q");
      for (int index : before) {
        node.addAfter(index);
      }
      graph.addNodes(node);
    }
    return graph;
  }

  private static void graphRefused(GraphRequest.Builder graph, RefusalReason reason, String part) {
    said(GraphCheck.graph(graph.build()), reason, part);
  }

  @Test
  void shouldNameTheNodesOfACircle() {
    assertThat(GraphCheck.graph(graph(new int[] {1, 2}, new int[] {2}, new int[] {}).build()))
        .isNull();
    graphRefused(
        graph(new int[] {}, new int[] {0, 3}, new int[] {1}, new int[] {2}, new int[] {3}),
        RefusalReason.REFUSAL_REASON_CYCLE,
        "in a circle: 1 after 3 after 2 after 1");
    graphRefused(
        graph(new int[] {0}), RefusalReason.REFUSAL_REASON_CYCLE, "node 0 comes after itself");
  }

  @Test
  void shouldRefuseAGraphThatNamesWhatIsNotThere() {
    RefusalReason bad = RefusalReason.REFUSAL_REASON_BAD_REQUEST;
    graphRefused(GraphRequest.newBuilder(), bad, "1 to 65536 nodes, found 0");
    graphRefused(graph(new int[] {5}), bad, "node 0 comes after node 5, and the graph has 1");
    graphRefused(
        graph(new int[] {}).setNodes(0, GraphNode.newBuilder().setQueue("q").setOptions(1)),
        bad,
        "names options 1, and the request has 1");
    graphRefused(
        graph(new int[] {}, new int[] {0, 0}),
        RefusalReason.REFUSAL_REASON_DUPLICATE,
        "node 1 names node 0 twice");
    graphRefused(
        graph(new int[] {}).setOptions(0, TaskOptions.newBuilder().setPriority(10)),
        bad,
        "priority");
  }

  private static void settlementRefused(Settlement.Builder settlement, String part) {
    said(
        SettlementCheck.settlement(settlement.build()),
        RefusalReason.REFUSAL_REASON_BAD_REQUEST,
        part);
  }

  private static Settlement.Builder completed() {
    return Settlement.newBuilder().addCompletedIds(1).addCompletedTokens(1);
  }

  @Test
  void shouldRefuseSettlementsWhoseColumnsDoNotFit() {
    settlementRefused(completed().addCompletedRunUs(1).addCompletedRunUs(2), "run times");
    settlementRefused(Settlement.newBuilder().addCancelledIds(1), "each id has a token");
    settlementRefused(
        completed().addCompletedUsage(CompletedUsage.newBuilder().setIndex(1)),
        "one of the 1 completed ids, found index 1");
    settlementRefused(
        completed().addCompletedUsage(CompletedUsage.newBuilder().setIndex(-1)),
        "found index 4294967295");
    settlementRefused(
        completed().addFailed(FailedAttempt.newBuilder().setRetryAfterMs(-1)),
        "the wait before the next attempt");
  }

  @Test
  void shouldRefuseFollowUpsOfOthersOrThatAreWrong() {
    FollowUp.Builder followUp = FollowUp.newBuilder().setId(1).setTasks(one());
    assertThat(SettlementCheck.settlement(completed().addFollowUps(followUp).build())).isNull();
    settlementRefused(completed().addFollowUps(followUp.clone().setId(2)), "found task 2");
    settlementRefused(
        completed().addFollowUps(followUp.clone().setTasks(one().setWaitMs(1))), "no wait");
    settlementRefused(
        completed()
            .addFollowUps(
                followUp.clone().setTasks(one().setRequest(RequestId.getDefaultInstance()))),
        "no request number");
    settlementRefused(
        completed().addFollowUps(followUp.clone().setTasks(one().setDelayMs(-1))), "a delay");
  }
}
