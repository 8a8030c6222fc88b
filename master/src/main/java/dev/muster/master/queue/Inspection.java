package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers what people ask about tasks. Changes nothing. Under the same lock as apply, never beside
 * it.
 */
public final class Inspection {
  /** So many of the tasks that one waits for are named. */
  private static final int PENDING_NAMED_MAX = 100;

  private final MachineState state;
  private final Dependencies dependencies;
  private final Bulk bulk;

  Inspection(MachineState state, Dependencies dependencies, Bulk bulk) {
    this.state = state;
    this.dependencies = dependencies;
    this.bulk = bulk;
  }

  /**
   * Tasks that match, in the order of their place.
   *
   * @param cursor where to go on; empty: in the next call, from the beginning; in the answer: all
   *     was looked at
   */
  public record Page(List<TaskInfo> tasks, ByteString cursor) {}

  /** Looks at a bounded number of tasks; null: the queue was never used. */
  public @Nullable Page list(TaskFilter filter, ByteString cursor, int limit) {
    Bulk.Page page = bulk.list(filter, cursor, limit);
    return page == null
        ? null
        : new Page(page.tasks().stream().map(task -> info(task, false)).toList(), page.cursor());
  }

  /** One task; in state UNKNOWN when it never was or is forgotten. */
  public TaskInfo task(long id, boolean withPayload) {
    Task task = state.tasks.find(id);
    if (task != null) {
      return info(task, withPayload);
    }
    if (id > state.sequence) {
      return TaskInfo.newBuilder().setId(id).build();
    }
    TaskInfo.Builder remembered = state.queues.histories().find(id);
    return remembered == null ? TaskInfo.newBuilder().setId(id).build() : remembered.build();
  }

  /**
   * What tasks came to, in the order in which the one that depends on them names them.
   *
   * @param next where the next page begins; 0: this is the last
   */
  public record InputPage(List<TaskResult> results, int next) {}

  /**
   * What the tasks that this one depends on came to, those that have ended: a bounded number of
   * results and bytes, so that apply need not wait for a large join to be read.
   *
   * @param from 0, or as the page before says
   * @return null: in the middle of it, when the task has ended and its inputs went with it
   */
  public @Nullable InputPage inputs(long id, int from) {
    Task task = state.tasks.find(id);
    if (task == null || task.state == TaskState.TASK_STATE_SUCCEEDED) {
      return from == 0 ? new InputPage(List.of(), 0) : null;
    }
    return dependencies.inputs(task, from);
  }

  /** Remembered tasks that are found by id without a search. */
  int historyIndexed() {
    return state.queues.histories().indexed();
  }

  private TaskInfo info(Task task, boolean withPayload) {
    TaskInfo.Builder info =
        TaskInfo.newBuilder()
            .setId(task.id)
            .setState(task.state)
            .setQueue(task.queue.name)
            .setOptions(task.options)
            .setEnqueuedMs(task.enqueuedMs)
            .setFinishedMs(task.finishedMs)
            .setAttempts(task.attempts)
            .setFailures(task.failures)
            .setCrashes(task.crashes)
            .setReturns(task.returns)
            .setExpiries(task.expiries)
            .setPayloadBytes(task.payloadBytes)
            .setToken(task.token)
            .setWorker(workerOf(task))
            .setResult(task.result)
            .setResultContentType(task.resultContentType)
            .addAllTimeline(task.attempts())
            .setDueMs(task.dueMs)
            .setExpiresMs(task.expiresMs)
            .setGroup(task.group)
            .setTenant(task.tenant)
            .setUniqueKey(Uniques.name(task.unique))
            .setParentId(task.parent)
            .setCancelling(task.cancelling)
            .setCause(task.cause);
    if (task.failure != null) {
      info.setFailure(task.failure);
    }
    if (task.bonds != null) {
      long[] pending = task.bonds.pending();
      info.setPendingCount(pending.length);
      for (int i = 0; i < Math.min(pending.length, PENDING_NAMED_MAX); i++) {
        info.addPendingIds(pending[i]);
      }
    }
    if (withPayload) {
      info.setPayload(task.payload);
    }
    return info.build();
  }

  private String workerOf(Task task) {
    WorkerSession session = state.sessions.find(task.session);
    return session == null ? "" : session.worker;
  }
}
