package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Bulk;
import dev.muster.master.log.v1.Command;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A step over all tasks of a queue is bounded, whatever lines they wait in. */
final class BulkStepTest {
  private static final TaskFilter WAITING =
      TaskFilter.newBuilder().setQueue("q").setState(TaskState.TASK_STATE_READY).build();

  private final MemoryStateStore store = new MemoryStateStore();
  private final MachineRig rig = new MachineRig(counted(store));
  private int laneReads;

  @AfterEach
  void shouldSurviveARestart() {
    assertThat(rig.machine.unconserved()).isEmpty();
    rig.crash();
  }

  /** Counts how often places of a lane are read. */
  private StateStore counted(StateStore store) {
    return (StateStore)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {StateStore.class},
            (proxy, method, args) -> {
              if (args != null && args[0] instanceof LaneKey) {
                laneReads++;
              }
              try {
                return method.invoke(store, args);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** One task for each of so many groups. */
  private void putGroups(String name, int count) {
    EnqueueRequest.Builder request = request("q", KEEP);
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.EMPTY).addGroups(name + i);
    }
    rig.apply(enqueue(request));
  }

  private List<TaskInfo> list(TaskFilter filter, int pageSize) {
    List<TaskInfo> all = new ArrayList<>();
    ByteString cursor = ByteString.EMPTY;
    do {
      Inspection.Page page =
          Objects.requireNonNull(rig.machine.inspect().list(filter, cursor, pageSize));
      assertThat(page.tasks()).hasSizeLessThanOrEqualTo(pageSize);
      all.addAll(page.tasks());
      cursor = page.cursor();
    } while (!cursor.isEmpty());
    return all;
  }

  private List<Long> ids(TaskFilter filter, int pageSize) {
    return list(filter, pageSize).stream().map(TaskInfo::getId).toList();
  }

  private Outcome.Bulked cancel(TaskFilter filter, ByteString cursor) {
    Bulk bulk =
        Bulk.newBuilder().setAction(Bulk.Action.CANCEL).setFilter(filter).setCursor(cursor).build();
    return (Outcome.Bulked) rig.apply(Command.newBuilder().setBulk(bulk).build());
  }

  @Test
  void shouldListEveryLineInOrderWhereverItsTasksAre() {
    // Given tasks of each line in the store, in the frozen generation and in the current one.
    putGroups("g", 3);
    rig.apply(enqueue("q", 2));
    rig.flush();
    putGroups("g", 4);
    rig.apply(enqueue("q", 2));
    rig.apply(lease("q", 0, 1));
    rig.roll();
    putGroups("g", 5);
    rig.apply(enqueue("q", 1));
    rig.apply(lease("q", 0, 1));

    // Then a line comes after the other, each in order of position, however small the pages.
    List<Long> byLine = List.of(4L, 5L, 10L, 11L, 17L, 6L, 12L, 7L, 13L, 3L, 8L, 14L, 9L, 15L, 16L);
    assertThat(ids(WAITING, 1_000)).containsExactlyElementsOf(byLine);
    assertThat(ids(WAITING, 1)).containsExactlyElementsOf(byLine);
    assertThat(ids(WAITING, 4)).containsExactlyElementsOf(byLine);
    rig.commit();
    assertThat(ids(WAITING, 4)).containsExactlyElementsOf(byLine);
  }

  @Test
  void shouldNotLookAtLinesInWhichNothingWaits() {
    putGroups("g", 2_000);
    rig.apply(lease("q", 0, 2_000));
    putGroups("waits", 1);
    rig.flush();
    laneReads = 0;
    assertThat(ids(WAITING, 1_000)).containsExactly(2_001L);
    assertThat(laneReads).isEqualTo(1);
  }

  @Test
  void shouldLookAtABoundedNumberOfLinesInAStep() {
    putGroups("g", 2_500);
    TaskFilter noneMatches = WAITING.toBuilder().setHandler("other").build();
    ByteString cursor = ByteString.EMPTY;
    int steps = 0;
    do {
      laneReads = 0;
      Outcome.Bulked done = cancel(noneMatches, cursor);
      assertThat(done.count()).isZero();
      assertThat(laneReads).isLessThanOrEqualTo(1_001);
      cursor = done.cursor();
      steps++;
    } while (!cursor.isEmpty());
    assertThat(steps).isEqualTo(3);
  }

  @Test
  void shouldReachEveryLineWhenAStepEndsWithTheLastTaskOfOne() {
    putGroups("g", 2_500);
    rig.flush();
    assertThat(ids(WAITING, 7)).isEqualTo(LongStream.rangeClosed(1, 2_500).boxed().toList());
    long cancelled = 0;
    ByteString cursor = ByteString.EMPTY;
    do {
      Outcome.Bulked done = cancel(WAITING, cursor);
      cancelled += done.count();
      cursor = done.cursor();
    } while (!cursor.isEmpty());
    assertThat(cancelled).isEqualTo(2_500);
  }
}
