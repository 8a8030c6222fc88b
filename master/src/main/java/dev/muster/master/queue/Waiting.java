package dev.muster.master.queue;

import dev.muster.proto.v1.TaskState;

/** Puts tasks where they wait, and takes them away from there. All of them touched, or new. */
final class Waiting {
  private final MachineState state;

  Waiting(MachineState state) {
    this.state = state;
  }

  /**
   * A new task begins to wait.
   *
   * @param dueMs not before this time, ms since the epoch; 0: at once
   */
  void add(Task task, long dueMs) {
    boolean pending = task.bonds != null && task.bonds.isPending();
    if (pending || dueMs > state.nowMs) {
      delay(task, dueMs > state.nowMs ? dueMs : 0);
    } else {
      enter(task, task.id);
    }
  }

  /** It can be leased, after everything that waits already. */
  void ready(Task task) {
    enter(task, ++state.sequence);
  }

  private void enter(Task task, long position) {
    QueueState queue = task.queue;
    task.state = TaskState.TASK_STATE_READY;
    task.lane = queue.ready.key();
    task.position = position;
    task.dueMs = 0;
    queue.ready.append(task, state.tasks.current());
    entered(task);
  }

  /** It can be leased again, where it was before it was leased. */
  void comeBack(Task task) {
    QueueState queue = task.queue;
    task.state = TaskState.TASK_STATE_READY;
    task.lane = queue.ready.key();
    task.position = task.place;
    queue.ready.giveBack(task);
    entered(task);
  }

  /**
   * It waits for a time, or for other tasks.
   *
   * @param dueMs ms since the epoch; 0: it waits for other tasks only
   */
  void delay(Task task, long dueMs) {
    task.state = TaskState.TASK_STATE_DELAYED;
    task.dueMs = dueMs;
    task.lane = task.queue.delayedKey;
    task.position = task.id;
    task.queue.delayed++;
    entered(task);
  }

  private void entered(Task task) {
    long timerMs = task.timerMs();
    if (timerMs != 0) {
      state.timers.set(timerMs, Timers.Kind.TASK, task.id);
    }
    state.changed(task.queue);
    state.effects.moved(task);
  }

  /** It waits no longer, and is in no lane until it is put into one. */
  void leave(Task task) {
    long timerMs = task.timerMs();
    if (timerMs != 0) {
      state.timers.clear(timerMs, Timers.Kind.TASK, task.id);
    }
    if (task.state == TaskState.TASK_STATE_DELAYED) {
      task.queue.delayed--;
    } else {
      task.queue.ready.leave(task);
    }
    state.changed(task.queue);
  }

  /** A delayed task's time has come, or the last of the tasks that it waits for has ended. */
  void due(Task delayed) {
    Task task = state.tasks.touch(delayed);
    if (task.bonds != null && task.bonds.isPending()) {
      leave(task);
      delay(task, 0);
    } else if (task.dueMs <= state.nowMs) {
      leave(task);
      ready(task);
    }
  }
}
