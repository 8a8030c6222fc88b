package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.TaskOptions;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class TaskWriterTest {
  private static final LaneKey READY = new LaneKey(LaneKey.Kind.READY, 1, 0);
  private static final LaneKey OTHER = new LaneKey(LaneKey.Kind.READY, 1, 7);

  private final List<String> calls = new ArrayList<>();
  private final List<TaskRecord> records = new ArrayList<>();
  private final TaskWriter writer = new TaskWriter(batch());

  /** Notes what it is told, with lines for lanes. */
  private StateStore.Batch batch() {
    return (StateStore.Batch)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {StateStore.Batch.class},
            (proxy, method, arguments) -> {
              if (arguments[0] instanceof TaskRecord task) {
                records.add(task);
              } else {
                calls.add(method.getName() + Stream.of(arguments).map(this::shown).toList());
              }
              return null;
            });
  }

  private String shown(Object argument) {
    return argument instanceof LaneKey lane ? "line " + lane.line() : String.valueOf(argument);
  }

  private void gone(LaneKey lane, long id, long position) {
    writer.visit(id, new Generation.Gone(lane, position));
  }

  private static Task task(long id, TaskOptions options) {
    QueueState queue = new QueueState(1, "q", new Histories());
    Task task = new Task(id, queue, options, ByteString.EMPTY, 0, Task.Keys.NONE, 0);
    task.lane = READY;
    return task;
  }

  @Test
  void shouldDeleteThoseSideBySideTogether() {
    gone(READY, 5, 105);
    gone(READY, 6, 106);
    gone(READY, 7, 107);
    assertThat(calls).isEmpty();
    writer.end();
    assertThat(calls).containsExactly("deleteTasks[5, 7]", "deletePlaces[line 0, 105, 107]");
    writer.end();
    assertThat(calls).hasSize(2);
  }

  @Test
  void shouldDeleteApartWhatIsApart() {
    gone(READY, 5, 5);
    gone(READY, 7, 6); // id 6 lives, or was never here
    gone(READY, 8, 9); // another waits in between
    gone(OTHER, 9, 10);
    gone(OTHER, 10, 11);
    writer.end();
    assertThat(calls.stream().filter(call -> call.startsWith("deleteTasks")))
        .containsExactly(
            "deleteTasks[5, 5]", "deleteTasks[7, 7]", "deleteTasks[8, 8]", "deleteTasks[9, 10]");
    assertThat(calls.stream().filter(call -> call.startsWith("deletePlaces")))
        .containsExactly(
            "deletePlaces[line 0, 5, 5]",
            "deletePlaces[line 0, 6, 6]",
            "deletePlaces[line 0, 9, 9]",
            "deletePlaces[line 7, 10, 11]");
  }

  @Test
  void shouldDeleteThePlaceThatATaskHasLeft() {
    Task moved = task(5, TaskOptions.getDefaultInstance());
    moved.storedLane = OTHER;
    moved.storedPosition = 5;
    Task stays = task(6, TaskOptions.getDefaultInstance());
    stays.storedLane = READY;
    stays.storedPosition = 6;
    writer.visit(5, moved);
    writer.visit(6, stays);
    writer.end();
    assertThat(calls)
        .containsExactly(
            "deletePlaces[line 7, 5, 5]", "putPlace[line 0, 5, 5]", "putPlace[line 0, 6, 6]");
  }

  @Test
  void shouldWriteTheOptionsOfEachTask() {
    TaskOptions first = TaskOptions.newBuilder().setHandler("a").build();
    TaskOptions second = TaskOptions.newBuilder().setHandler("b").build();
    Stream.of(task(1, first), task(2, first), task(3, second), task(4, first))
        .forEach(task -> writer.visit(task.id, task));
    writer.end();
    QueueState queue = new QueueState(1, "q", new Histories());
    assertThat(
            records.stream()
                .map(record -> queue.storedOptions(record.getOptions()).getHandler())
                .collect(Collectors.joining()))
        .isEqualTo("aaba");
  }
}
