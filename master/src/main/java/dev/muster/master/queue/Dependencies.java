package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that come after others. What a task waits for is a set of ids in its record; what each of
 * them came to is kept beside it, as its inputs, until it has succeeded or is forgotten.
 */
final class Dependencies {
  /** So many inputs are looked up in one step. */
  private static final int INPUTS_LOOK_MAX = 500;

  /** A step takes inputs until it has so many bytes, or one larger one. */
  private static final long INPUTS_BYTES_MAX = 1 << 20;

  /** A task that ended, and who waits for it. */
  private record Ended(TaskResult result, List<Long> dependents) {}

  private final MachineState state;
  private final Waiting waiting;

  /** Ends that are not passed on yet: by a queue and not by recursion, for a chain may be long. */
  private final ArrayDeque<Ended> ends = new ArrayDeque<>();

  Dependencies(MachineState state, Waiting waiting) {
    this.state = state;
    this.waiting = waiting;
  }

  /** The first of these tasks that is not known, or null. */
  @Nullable Long unknown(List<Long> ids) {
    for (long id : ids) {
      if (state.tasks.find(id) == null) {
        return id;
      }
    }
    return null;
  }

  /**
   * Ties a new task to those that come first; those that have ended count at once.
   *
   * @return why it is to be cancelled at once, or null
   */
  @Nullable String bind(Task task, Bonds bonds) {
    String cancelled = null;
    for (long id : bonds.after()) {
      Task first = state.tasks.find(id);
      if (first == null) {
        // A request that names it is refused. A follow-up cannot be: its task has completed.
        cancelled = bonds.onFailure == OnFailure.ON_FAILURE_CANCEL ? whyUnknown(id) : cancelled;
        continue;
      }
      if (!first.isFinished()) {
        bonds.await(id);
        Task touched = state.touchInPlace(first);
        int before = touched.memoryBytes();
        bondsOf(touched).addDependent(task.id);
        state.grewInPlace(touched, touched.memoryBytes() - before);
        continue;
      }
      putInput(task.id, first.toResult());
      if (first.state != TaskState.TASK_STATE_SUCCEEDED
          && bonds.onFailure == OnFailure.ON_FAILURE_CANCEL) {
        cancelled = why(first.toResult());
      }
    }
    return cancelled;
  }

  private static Bonds bondsOf(Task task) {
    if (task.bonds == null) {
      task.bonds = new Bonds(List.of(), OnFailure.ON_FAILURE_CANCEL);
    }
    return task.bonds;
  }

  /** A task has ended; its result is set. */
  void ended(Task task) {
    if (task.bonds != null && task.bonds.dependents().length > 0) {
      ends.add(new Ended(task.toResult(), LongStream.of(task.bonds.dependents()).boxed().toList()));
    }
  }

  /** Passes on all ends, and those that follow from them. When a command has been applied. */
  void passOn(Endings endings) {
    for (Ended ended = ends.poll(); ended != null; ended = ends.poll()) {
      for (long id : ended.dependents) {
        Task dependent = state.tasks.find(id);
        if (dependent != null) {
          passOn(ended.result, dependent, endings);
        }
      }
    }
  }

  private void passOn(TaskResult result, Task dependent, Endings endings) {
    Task task = state.touchInPlace(dependent);
    int before = task.memoryBytes();
    if (task.bonds == null || !task.bonds.ended(result.getId())) {
      return;
    }
    state.grewInPlace(task, task.memoryBytes() - before);
    putInput(task.id, result);
    if (task.state != TaskState.TASK_STATE_DELAYED) {
      return; // it was called off meanwhile; if it is put back, it need not wait for this one
    }
    if (result.getState() != TaskState.TASK_STATE_SUCCEEDED
        && task.bonds.onFailure == OnFailure.ON_FAILURE_CANCEL) {
      waiting.leave(task);
      endings.cancel(task, why(result));
    } else if (!task.bonds.isPending()) {
      waiting.due(task);
    }
  }

  private static String why(TaskResult first) {
    return "task "
        + Long.toUnsignedString(first.getId())
        + ", which comes before it, is "
        + first.getState().name().substring("TASK_STATE_".length());
  }

  static String whyUnknown(long first) {
    return "task "
        + Long.toUnsignedString(first)
        + ", which is to come first, never was or is forgotten";
  }

  private void putInput(long task, TaskResult result) {
    state.inputs.put(MachineState.idKey(task, result.getId()), result.toByteString());
  }

  void forgetInputs(Task task) {
    if (task.bonds != null) {
      task.bonds.after().forEach(id -> state.inputs.delete(MachineState.idKey(task.id, id)));
    }
  }

  /**
   * What the tasks that come first came to, those that have ended, in the order of their names: a
   * bounded part of it, for whoever asks holds up apply.
   *
   * @param from how many of the names to leave out
   */
  Inspection.InputPage inputs(Task task, int from) {
    List<Long> after = task.bonds == null ? List.of() : task.bonds.after();
    List<TaskResult> inputs = new ArrayList<>();
    long bytes = 0;
    int last = Math.min(after.size(), from + INPUTS_LOOK_MAX);
    int next = from;
    while (next < last && bytes < INPUTS_BYTES_MAX) {
      ByteString record = state.inputs.get(MachineState.idKey(task.id, after.get(next++)));
      if (record != null) {
        bytes += record.size();
        inputs.add(parse(record));
      }
    }
    return new Inspection.InputPage(inputs, next < after.size() ? next : 0);
  }

  private static TaskResult parse(ByteString record) {
    try {
      return TaskResult.parseFrom(record);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the record of an input cannot be parsed", e);
    }
  }
}
