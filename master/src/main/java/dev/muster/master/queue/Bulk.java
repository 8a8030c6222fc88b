package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.v1.AnswerRecord;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Does one thing to all tasks that match a filter, a bounded number at a time. */
final class Bulk {
  /** So many tasks, and so many lines in which something waits, are looked at in one step. */
  private static final int LOOK_MAX = 1_000;

  private final MachineState state;
  private final Waiting waiting;
  private final Endings endings;
  private final Cancelling cancelling;
  private final int outstandingMax;

  Bulk(
      MachineState state,
      Waiting waiting,
      Endings endings,
      Cancelling cancelling,
      int outstandingMax) {
    this.state = state;
    this.waiting = waiting;
    this.endings = endings;
    this.cancelling = cancelling;
    this.outstandingMax = outstandingMax;
  }

  /** Tasks, as far as it was looked, and where to go on; an empty cursor: all was looked at. */
  record Page(List<Task> tasks, ByteString cursor) {}

  /**
   * One step. The answer to a numbered request is kept after each: when the request comes again, it
   * goes on from there, and says how many it were in all.
   */
  Outcome apply(dev.muster.master.log.v1.Bulk command) {
    if (!command.hasRequest()) {
      return step(command);
    }
    RequestId request = command.getRequest();
    AnswerRecord before = state.producers.answer(request);
    if (before != null && command.getCursor().isEmpty()) {
      return new Outcome.Bulked(before.getChanged(), before.getCursor());
    }
    Outcome.Refused refusal =
        before == null ? state.producers.refusal(request, outstandingMax) : null;
    if (refusal != null) {
      return refusal;
    }
    Outcome outcome = step(command);
    if (!(outcome instanceof Outcome.Bulked done)) {
      return outcome;
    }
    long changed = done.count() + (before == null ? 0 : before.getChanged());
    state.producers.remember(
        request,
        AnswerRecord.newBuilder().setChanged(changed).setCursor(done.cursor()),
        state.nowMs,
        state.tasks.current());
    return new Outcome.Bulked(changed, done.cursor());
  }

  private Outcome step(dev.muster.master.log.v1.Bulk command) {
    TaskFilter filter = command.getFilter();
    QueueState queue = state.queues.find(filter.getQueue());
    if (queue == null) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_UNKNOWN_QUEUE,
          "queue " + filter.getQueue() + " was never used");
    }
    Page page = page(queue, filter, command.getCursor(), LOOK_MAX, state.sequence);
    long count = 0;
    for (Task task : page.tasks) {
      boolean done =
          switch (command.getAction()) {
            case REPLAY -> replay(task);
            case DROP -> drop(task);
            case CANCEL -> cancelling.cancelOne(task, command.getReason());
            case UNRECOGNIZED -> throw new IllegalStateException("bulk action is not known");
          };
      count += done ? 1 : 0;
    }
    return new Outcome.Bulked(count, page.cursor);
  }

  /**
   * Tasks that match, in the order of their lane.
   *
   * @param upto the last position of interest, if this is the first page
   */
  private Page page(QueueState queue, TaskFilter filter, ByteString cursor, int limit, long upto) {
    if (filter.getIdsCount() > 0) {
      return byId(queue, filter, cursor, limit);
    }
    Cursor start = cursor.isEmpty() ? new Cursor(0, 0, upto) : Cursor.of(cursor);
    List<LaneKey> lanes = queue.lanesOf(filter.getState(), start.line, LOOK_MAX);
    boolean inTheMiddle = !lanes.isEmpty() && lanes.get(0).line() == start.line;
    Look look = new Look(filter, limit);
    state.tasks.visit(lanes, inTheMiddle ? start.from : 0, start.upto, LOOK_MAX, look);
    if (look.last != null && (look.found.size() == limit || look.count == LOOK_MAX)) {
      return new Page(look.found, start.at(look.last.lane.line(), look.last.position + 1));
    }
    return lanes.size() == LOOK_MAX
        ? new Page(look.found, start.at(lanes.get(LOOK_MAX - 1).line() + 1, 0))
        : new Page(look.found, ByteString.EMPTY);
  }

  /**
   * Where a step goes on.
   *
   * @param from the first position of interest in this line; the next ones begin at their start
   * @param upto the last position of interest in all of them: what comes back, or is added, while a
   *     sweep runs comes after it, or the sweep might never end
   */
  private record Cursor(long line, long from, long upto) {
    private static final int BYTES = 24;

    static Cursor of(ByteString bytes) {
      ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
      // One of an older master says where to go on, and not where to end.
      return new Cursor(
          buffer.getLong(),
          buffer.getLong(),
          bytes.size() < BYTES ? Long.MAX_VALUE : buffer.getLong());
    }

    ByteString at(long nextLine, long nextFrom) {
      ByteBuffer bytes = ByteBuffer.allocate(BYTES);
      return ByteString.copyFrom(bytes.putLong(nextLine).putLong(nextFrom).putLong(upto).flip());
    }
  }

  /** Picks those that match. */
  private static final class Look implements Predicate<Task> {
    private final TaskFilter filter;
    private final int limit;
    private final List<Task> found = new ArrayList<>();
    private @Nullable Task last;
    private int count;

    Look(TaskFilter filter, int limit) {
      this.filter = filter;
      this.limit = limit;
    }

    @Override
    public boolean test(Task task) {
      last = task;
      count++;
      if (matches(task, filter)) {
        found.add(task);
      }
      return found.size() < limit;
    }
  }

  private Page byId(QueueState queue, TaskFilter filter, ByteString cursor, int limit) {
    int from = cursor.isEmpty() ? 0 : (int) cursor.asReadOnlyByteBuffer().getLong();
    int to = Math.min(filter.getIdsCount(), from + limit);
    List<Task> found = new ArrayList<>();
    Iterator<Long> ids = filter.getIdsList().subList(from, to).iterator();
    while (ids.hasNext()) {
      Task task = state.tasks.find(ids.next());
      if (task != null && task.queue == queue && matches(task, filter)) {
        found.add(task);
      }
    }
    return new Page(
        found,
        to == filter.getIdsCount()
            ? ByteString.EMPTY
            : ByteString.copyFrom(ByteBuffer.allocate(8).putLong(to).flip()));
  }

  private static boolean matches(Task task, TaskFilter filter) {
    return task.state == filter.getState()
        && (filter.getHandler().isEmpty() || filter.getHandler().equals(task.options.getHandler()))
        && (filter.getGroup().isEmpty() || filter.getGroup().equals(task.group))
        && (filter.getTenant().isEmpty() || filter.getTenant().equals(task.tenant))
        && (filter.getEnqueuedBeforeMs() == 0 || task.enqueuedMs < filter.getEnqueuedBeforeMs())
        && (filter.getFailureKind().isEmpty() || isOfKind(task, filter.getFailureKind()));
  }

  private static boolean isOfKind(Task task, String kind) {
    return task.failure != null && task.failure.getKind().startsWith(kind);
  }

  /** Puts a task that has ended, or is set aside, back to wait, with fresh counters. */
  private boolean replay(Task found) {
    Long holder = found.unique.isEmpty() ? null : state.uniques.holder(found.unique, state.nowMs);
    // Another task has its key by now: two with one key must not wait or run at once.
    boolean taken = holder != null && holder != found.id;
    if (taken || !takeOut(found)) {
      return false;
    }
    Task task = state.tasks.touch(found);
    int before = task.memoryBytes();
    task.failures = 0;
    task.crashes = 0;
    task.failure = null;
    task.cause = "";
    task.finishedMs = 0;
    state.tasks.current().grew(task.memoryBytes() - before);
    long ttlMs = task.options.getTtlMs();
    task.expiresMs = ttlMs == 0 ? 0 : state.nowMs + ttlMs;
    if (!task.unique.isEmpty() && holder == null) {
      state.uniques.take(task.unique, task.id, 0);
    }
    if (task.bonds != null && task.bonds.isPending()) {
      waiting.delay(task, 0);
    } else {
      waiting.ready(task);
    }
    return true;
  }

  /** Out of where it is kept; it counts no more as ended. False: it is in no such state. */
  private boolean takeOut(Task task) {
    QueueState queue = task.queue;
    switch (task.state) {
      case TASK_STATE_FAILED -> {
        queue.dead.remove(task);
        queue.failed--;
      }
      case TASK_STATE_CANCELLED -> {
        queue.ended.remove(task);
        queue.cancelled--;
      }
      case TASK_STATE_EXPIRED -> {
        queue.ended.remove(task);
        queue.expired--;
      }
      case TASK_STATE_QUARANTINED -> {
        queue.aside.remove(task);
        queue.quarantined--;
      }
      case TASK_STATE_READY,
          TASK_STATE_DELAYED,
          TASK_STATE_RUNNING,
          TASK_STATE_SUCCEEDED,
          TASK_STATE_UNKNOWN,
          TASK_STATE_OFFERED,
          UNRECOGNIZED -> {
        return false;
      }
    }
    return true;
  }

  /** Forgets what has ended; what waits or is set aside is called off first. */
  private boolean drop(Task found) {
    Kept kept = found.queue.keptOf(found.state);
    if (kept != null) {
      endings.forget(found, kept);
      return true;
    }
    if (found.state == TaskState.TASK_STATE_RUNNING || !cancelling.cancelOne(found, "dropped")) {
      return false;
    }
    Task cancelled = state.tasks.find(found.id);
    if (cancelled != null && cancelled.state == TaskState.TASK_STATE_CANCELLED) {
      endings.forget(cancelled, cancelled.queue.ended);
    }
    return true;
  }

  /** One page for people. */
  @Nullable Page list(TaskFilter filter, ByteString cursor, int limit) {
    QueueState queue = state.queues.find(filter.getQueue());
    return queue == null ? null : page(queue, filter, cursor, limit, Long.MAX_VALUE);
  }
}
