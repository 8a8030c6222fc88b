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
      task.place = task.id;
      comeBack(task);
    }
  }

  /**
   * It can be leased, after everything that waits already; but one of a group that was leased
   * before goes where it was, or another would overtake it.
   */
  void ready(Task task) {
    if (task.group.isEmpty()) {
      task.place = 0;
    }
    comeBack(task);
  }

  /** It can be leased again, where it was before it was leased. */
  void comeBack(Task task) {
    task.state = TaskState.TASK_STATE_READY;
    task.dueMs = 0;
    task.queue.ready.enter(task, state);
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
    state.timers.set(task);
    state.changed(task.queue);
    state.effects.moved(task);
  }

  /** It waits no longer, and is in no lane until it is put into one. */
  void leave(Task task) {
    state.timers.clear(task);
    if (task.state == TaskState.TASK_STATE_DELAYED) {
      task.queue.delayed--;
      task.queue.ready.unhold(task, state);
    } else {
      task.queue.ready.leave(task, state);
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
