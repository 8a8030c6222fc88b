package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.store.v1.PassOnRecord;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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

  /** So many who wait for one task are in one record, when they cannot be told at once. */
  private static final int TOLD_LATER = 1_000;

  /** A task that ended, and who waits for it. */
  private static final class Ended {
    final TaskResult result;

    /** The result, serialized. */
    final ByteString record;

    /** Those who are not told yet. */
    final long[] dependents;

    /** Where they stood already; null: the task has just ended. */
    final Timers.@Nullable Timer timer;

    Ended(TaskResult result, long[] dependents, Timers.@Nullable Timer timer) {
      this.result = result;
      this.record = result.toByteString();
      this.dependents = dependents;
      this.timer = timer;
    }
  }

  private final MachineState state;
  private final Waiting waiting;

  /** Ends that are not passed on yet: by a queue and not by recursion, for a chain may be long. */
  private final ArrayDeque<Ended> ends = new ArrayDeque<>();

  /** So many wait for them. */
  private long untold;

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
      putInput(task.id, id, first.toResult().toByteString());
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
      add(new Ended(task.toResult(), task.bonds.dependents(), null));
    }
  }

  /**
   * Passes on the ends, and those that follow from them, as far as an entry may go: the rest has
   * timers that are due at once. When a command has been applied.
   */
  void passOn(Endings endings) {
    for (Ended ended = ends.poll(); ended != null; ended = ends.poll()) {
      int told = 0;
      while (told < ended.dependents.length && state.spare() > 0) {
        state.spend(ended.record.size());
        Task dependent = state.tasks.find(ended.dependents[told++]);
        if (dependent != null) {
          passOn(ended, dependent, endings);
        }
      }
      untold -= ended.dependents.length;
      if (told < ended.dependents.length) {
        passOnLater(ended, told);
      }
    }
  }

  private void passOnLater(Ended ended, int from) {
    // A record that is put together of two is one: all share the bytes of the result.
    ByteString result = PassOnRecord.newBuilder().setResult(ended.result).build().toByteString();
    int end = ended.dependents.length;
    for (int i = from; i < end; i += TOLD_LATER) {
      PassOnRecord.Builder rest = PassOnRecord.newBuilder();
      for (int j = i; j < Math.min(end, i + TOLD_LATER); j++) {
        rest.addDependents(ended.dependents[j]);
      }
      long atMs = ended.timer == null ? state.nowMs : ended.timer.atMs();
      // The rest of what was cut before keeps its place in the order.
      long id = ended.timer == null ? ++state.sequence : ended.timer.id();
      state.timers.set(atMs, Timers.Kind.PASS_ON, id, result.concat(rest.build().toByteString()));
    }
  }

  /** The time has come to tell some who wait for a task that has ended. */
  void goOn(Timers.Timer timer) {
    if (untold >= state.spare()) {
      state.timers.set(timer.atMs(), timer.kind(), timer.id(), timer.value());
      return;
    }
    PassOnRecord record = passOnRecord(timer);
    add(new Ended(record.getResult(), dependents(record), timer));
  }

  private void add(Ended ended) {
    ends.add(ended);
    untold += ended.dependents.length;
  }

  private static long[] dependents(PassOnRecord record) {
    return record.getDependentsList().stream().mapToLong(id -> id).toArray();
  }

  /** What a timer of an end says. */
  static PassOnRecord passOnRecord(Timers.Timer timer) {
    try {
      return PassOnRecord.parseFrom(timer.value());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the record of an end cannot be parsed", e);
    }
  }

  private void passOn(Ended ended, Task dependent, Endings endings) {
    TaskResult result = ended.result;
    Task task = state.touchInPlace(dependent);
    int before = task.memoryBytes();
    if (task.bonds == null || !task.bonds.ended(result.getId())) {
      return;
    }
    state.grewInPlace(task, task.memoryBytes() - before);
    putInput(task.id, result.getId(), ended.record);
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

  private void putInput(long task, long first, ByteString result) {
    state.inputs.put(MachineState.idKey(task, first), result);
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
