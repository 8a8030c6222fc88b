package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.queue.Timers.Kind;
import dev.muster.master.store.Family;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.LineRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.master.store.v1.UniqueRecord;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.VerifyReply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is in the store is counted again, and every drift is told. */
final class RecountTest {
  private final MemoryStateStore store = new MemoryStateStore();
  private final MachineRig rig = new MachineRig(store);

  @BeforeEach
  void work() {
    rig.apply(enqueue("q", 50));
    rig.apply(
        Command.newBuilder()
            .setEnqueue(
                EnqueueRequest.newBuilder()
                    .setQueue("q")
                    .addGroups("g")
                    .addPayloads(ByteString.EMPTY))
            .build());
    rig.apply(lease("q", 0, 10));
    rig.apply(settle(completed(1, rig.index(), "r")));
    rig.flush();
  }

  private void tamper(Consumer<StateStore.Batch> changes) {
    try (StateStore.Batch batch = store.newBatch()) {
      changes.accept(batch);
      batch.commit();
    }
  }

  @Test
  void shouldFindNothingWhereEverythingAddsUp() {
    VerifyReply reply = Recount.of(store);
    assertThat(reply.getDriftList()).isEmpty();
    assertThat(reply.getTasks()).isEqualTo(51);
    assertThat(reply.getQueues()).isEqualTo(1);
    assertThat(reply.getAppliedIndex()).isEqualTo(rig.index());
  }

  @Test
  void shouldTellWhenATaskIsMissing() {
    tamper(batch -> batch.deleteTasks(20, 20));
    assertThat(Recount.of(store).getDriftList())
        .contains("place 20 of queue q, READY (line 9) names a task that has no record");
  }

  @Test
  void shouldTellWhenAPlaceIsMissing() {
    tamper(batch -> batch.deletePlaces(new LaneKey(LaneKey.Kind.READY, 1, 9), 20, 20));
    assertThat(Recount.of(store).getDriftList())
        .contains(
            "51 tasks have a record, and 50 have a place",
            "queue q, READY (line 9) counts 40 tasks, and 39 are there");
  }

  @Test
  void shouldTellWhenACounterIsWrong() {
    List<QueueRecord> queues = new ArrayList<>();
    store.queues(queues::add);
    tamper(batch -> batch.putQueue(queues.get(0).toBuilder().setSucceeded(7).build()));
    assertThat(Recount.of(store).getDriftList())
        .containsExactly("queue q: 51 were enqueued, and the states add up to 57");
  }

  private long put(EnqueueRequest.Builder request) {
    Outcome added = rig.apply(enqueue(request.setQueue("q").addPayloads(ByteString.EMPTY)));
    return ((Outcome.Enqueued) added).firstId();
  }

  private List<String> drift(Consumer<StateStore.Batch> changes) {
    rig.flush();
    assertThat(Recount.of(store).getDriftList()).isEmpty();
    tamper(changes);
    return Recount.of(store).getDriftList();
  }

  private TaskRecord.Builder record(long id) {
    return Objects.requireNonNull(store.task(id)).toBuilder();
  }

  private Map<ByteString, ByteString> all(Family family) {
    Map<ByteString, ByteString> found = new LinkedHashMap<>();
    store.scan(family, ByteString.EMPTY, (key, value) -> found.put(key, value) == null);
    return found;
  }

  private void tamperLine(
      StateStore.Batch batch, String group, Consumer<LineRecord.Builder> changes) {
    all(Family.LINES)
        .forEach(
            (key, value) -> {
              try {
                LineRecord.Builder line = LineRecord.parseFrom(value).toBuilder();
                if (line.getGroup().equals(group)) {
                  changes.accept(line);
                  batch.put(Family.LINES, key, line.build().toByteString());
                }
              } catch (InvalidProtocolBufferException e) {
                throw new AssertionError(e);
              }
            });
  }

  @Test
  void shouldTellWhenALineCountsWrong() {
    assertThat(drift(batch -> tamperLine(batch, "g", line -> line.setSize(7))))
        .containsExactly("queue q, READY (line 10) counts 7 tasks, and 1 are there");
  }

  @Test
  void shouldTellWhenALineBeginsElsewhere() {
    assertThat(drift(batch -> tamperLine(batch, "g", line -> line.setHead(3))))
        .containsExactly("queue q, line 10 begins at 3, and its first task is at 51");
  }

  @Test
  void shouldTellWhenAGroupIsHeldByATaskThatIsGoneOrEnded() {
    assertThat(drift(batch -> tamperLine(batch, "g", line -> line.setHolder(9_999))))
        .containsExactly("group g of queue q, line 10 is held by task 9999, which has no record");
    tamper(batch -> tamperLine(batch, "g", line -> line.setHolder(1)));
    assertThat(Recount.of(store).getDriftList())
        .containsExactly(
            "group g of queue q, line 10 is held by task 1, which is TASK_STATE_SUCCEEDED and not"
                + " of it");
  }

  @Test
  void shouldTellWhenATaskRunsAndDoesNotHoldItsGroup() {
    rig.apply(lease("q", 0, 41));
    assertThat(drift(batch -> tamperLine(batch, "g", line -> line.setHolder(0))))
        .containsExactly("task 51 runs, and its group g is held by task 0");
  }

  @Test
  void shouldTellWhenTheLineOfALeasedTaskIsGone() {
    rig.apply(lease("q", 0, 41));
    assertThat(
            drift(batch -> all(Family.LINES).keySet().forEach(k -> batch.delete(Family.LINES, k))))
        .containsExactly("task 51 is of line 10, which has no record");
  }

  @Test
  void shouldTellWhenATaskOfOneTenantCountsForAnother() {
    long id = put(EnqueueRequest.newBuilder().addTenants("t"));
    assertThat(drift(batch -> batch.putTask(record(id).setTenant("u").build())))
        .containsExactly(
            "task 53 of tenant \"u\" and group \"\" is in queue q, line 11, which is of tenant"
                + " \"t\" and group \"\"");
  }

  @Test
  void shouldTellWhenATenantIsGone() {
    put(EnqueueRequest.newBuilder().addTenants("t"));
    assertThat(
            drift(
                batch ->
                    all(Family.TENANTS).keySet().forEach(k -> batch.delete(Family.TENANTS, k))))
        .containsExactly("queue q, line 11 is of tenant t, which has no record");
  }

  @Test
  void shouldTellWhenATimerIsGone() {
    long id = put(EnqueueRequest.newBuilder().setDelayMs(500));
    long dueMs = rig.clockMs + 500;
    assertThat(drift(batch -> batch.delete(Family.TIMERS, Timers.key(dueMs, Kind.TASK, id))))
        .containsExactly("task 53 waits for its time at " + dueMs + ", and has no timer");
  }

  @Test
  void shouldTellWhenTheTimerOfALeaseIsGone() {
    long id = put(EnqueueRequest.newBuilder());
    rig.apply(lease("q", 0, 50));
    long endMs = rig.clockMs + Integer.MAX_VALUE;
    assertThat(drift(batch -> batch.delete(Family.TIMERS, Timers.key(endMs, Kind.TASK, id))))
        .containsExactly("task 53 has a lease that ends at " + endMs + ", and has no timer");
  }

  @Test
  void shouldTellWhenATimerIsForNobody() {
    long id = put(EnqueueRequest.newBuilder());
    ByteString stray = Timers.key(7, Kind.TASK, id);
    assertThat(drift(batch -> batch.put(Family.TIMERS, stray, ByteString.EMPTY)))
        .containsExactly("a timer at 7 is for task 53, which waits for no time");
    ByteString nobody = Timers.key(8, Kind.TASK, 9_999);
    tamper(
        batch -> {
          batch.delete(Family.TIMERS, stray);
          batch.put(Family.TIMERS, nobody, ByteString.EMPTY);
        });
    assertThat(Recount.of(store).getDriftList())
        .containsExactly("a timer at 8 is for task 9999, which has no record");
  }

  @Test
  void shouldTellWhenTheTimersOfAQueueOrOfAUniqueKeyAreGone() {
    put(EnqueueRequest.newBuilder().addUniqueKeys("k").setUniqueForMs(500));
    assertThat(
            drift(
                batch ->
                    all(Family.TIMERS).keySet().stream()
                        .filter(key -> Timers.timer(key, ByteString.EMPTY).kind() != Kind.TASK)
                        .forEach(key -> batch.delete(Family.TIMERS, key))))
        .hasSize(2)
        .anyMatch(what -> what.startsWith("queue q is to look at what it keeps at "))
        .contains("unique key k is free again at " + (rig.clockMs + 500) + ", and has no timer");
  }

  @Test
  void shouldTellWhenATimerIsForAUniqueKeyThatIsFree() {
    put(EnqueueRequest.newBuilder().addUniqueKeys("k").setUniqueForMs(500));
    assertThat(
            drift(
                batch ->
                    all(Family.UNIQUES).keySet().forEach(k -> batch.delete(Family.UNIQUES, k))))
        .containsExactly(
            "a timer at "
                + (rig.clockMs + 500)
                + " is for unique key k, which is not taken until then");
  }

  @Test
  void shouldTellWhenTheTaskOfAUniqueKeyIsGone() {
    put(EnqueueRequest.newBuilder().addUniqueKeys("k"));
    ByteString free = UniqueRecord.newBuilder().setTask(9_999).build().toByteString();
    assertThat(
            drift(
                batch ->
                    all(Family.UNIQUES).keySet().forEach(k -> batch.put(Family.UNIQUES, k, free))))
        .containsExactly("unique key k is held by task 9999, which has no record");
    ByteString ended = UniqueRecord.newBuilder().setTask(1).build().toByteString();
    tamper(batch -> all(Family.UNIQUES).keySet().forEach(k -> batch.put(Family.UNIQUES, k, ended)));
    assertThat(Recount.of(store).getDriftList())
        .containsExactly("unique key k is held by task 1, which is TASK_STATE_SUCCEEDED");
  }

  @Test
  void shouldTellWhenAnInputOrAChildIsLeftOver() {
    long first = put(EnqueueRequest.newBuilder());
    long after = put(EnqueueRequest.newBuilder().addAfterIds(first).setParentId(first));
    rig.apply(Command.newBuilder().setCancel(Cancel.newBuilder().addIds(first)).build());
    ByteString input = MachineState.idKey(9_999, first);
    ByteString child = MachineState.idKey(9_999, after);
    assertThat(
            drift(
                batch -> {
                  batch.put(Family.INPUTS, input, ByteString.EMPTY);
                  batch.put(Family.CHILDREN, child, ByteString.EMPTY);
                  batch.putTask(record(first).setHasChildren(false).build());
                  batch.putTask(record(after).clearAfter().build());
                }))
        .containsExactlyInAnyOrder(
            "what task 53 came to is kept for task 9999, which has no record",
            "what task 53 came to is kept for task 54, which does not come after it",
            "task 54 is kept as a child of task 9999, which has no record",
            "task 54 is kept as a child of task 53, which knows of none");
  }

  @Test
  void shouldFindNothingWhileAGroupAndATimerWaitForTheNextAttempt() {
    rig.apply(lease("q", 0, 41));
    rig.apply(
        settle(
            Settlement.newBuilder()
                .addFailed(
                    FailedAttempt.newBuilder()
                        .setId(51)
                        .setToken(rig.index())
                        .setRetryAfterMs(100)
                        .setFailure(Failure.newBuilder().setKind("Boom").setRetryable(true)))));
    put(EnqueueRequest.newBuilder().addGroups("g").addUniqueKeys("k"));
    rig.flush();
    assertThat(Recount.of(store).getDriftList()).isEmpty();
  }
}
