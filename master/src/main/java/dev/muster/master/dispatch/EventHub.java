package dev.muster.master.dispatch;

import dev.muster.master.queue.Task;
import dev.muster.proto.v1.Event;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who wants to hear what happens. Thread-safe. Costs apply one volatile read for each event while
 * nobody listens.
 */
public final class EventHub {
  /** Events that wait for a slow reader; the oldest are left out beyond that. */
  static final int WAITING_MAX = 10_000;

  /** A reply takes at most so many events. */
  private static final int REPLY_EVENTS_MAX = 500;

  /** A cause may be long; an event is one line. */
  private static final int DETAIL_CHARS_MAX = 200;

  private final LongSupplier clockMs;

  /** Replaced as a whole when somebody comes or goes. */
  private volatile List<Listener> listeners = List.of();

  /**
   * @param clockMs the leader's clock, ms since the epoch
   */
  public EventHub(LongSupplier clockMs) {
    this.clockMs = clockMs;
  }

  /** Listens from now on, until {@link #leave}. */
  public synchronized void listen(Listener listener) {
    List<Listener> more = new ArrayList<>(listeners);
    more.add(listener);
    listeners = List.copyOf(more);
  }

  /** Listens no longer. Safe to call twice. */
  public synchronized void leave(Listener listener) {
    listeners = listeners.stream().filter(other -> other != listener).toList();
  }

  /** Somebody listens. */
  boolean isHeard() {
    return !listeners.isEmpty();
  }

  /** A task entered a state. The apply thread. */
  public void moved(Task task) {
    tell(task, task.isWithASession() ? TaskState.TASK_STATE_OFFERED : task.state());
  }

  /** The handler of a task began, says the session that holds it. Under the machine's lock. */
  void started(Task task) {
    tell(task, TaskState.TASK_STATE_RUNNING);
  }

  private void tell(Task task, TaskState state) {
    List<Listener> told = listeners;
    if (told.isEmpty()) {
      return;
    }
    Event event = null;
    for (Listener listener : told) {
      if (task.queueName().startsWith(listener.prefix)) {
        event = event == null ? event(task, state) : event;
        listener.add(event);
      }
    }
  }

  private Event event(Task task, TaskState state) {
    String detail = task.detail();
    return Event.newBuilder()
        .setAtMs(clockMs.getAsLong())
        .setQueue(task.queueName())
        .setTask(task.id())
        .setState(state)
        .setDetail(
            detail.length() > DETAIL_CHARS_MAX ? detail.substring(0, DETAIL_CHARS_MAX) : detail)
        .build();
  }

  /** One who listens. Thread-safe. */
  public static final class Listener {
    private final String prefix;
    private final Runnable wake;

    // Guarded by this.
    private final ArrayDeque<Event> waiting = new ArrayDeque<>();
    private long missed;

    /**
     * @param prefix only queues whose names begin so
     * @param wake called when there is something to {@link #poll}; within apply, so that it must
     *     only note it
     */
    public Listener(String prefix, Runnable wake) {
      this.prefix = prefix;
      this.wake = wake;
    }

    private void add(Event event) {
      synchronized (this) {
        if (waiting.size() == WAITING_MAX) {
          waiting.remove();
          missed++;
        }
        waiting.add(event);
      }
      wake.run();
    }

    /** What waits, or as much of it as one reply takes; null: nothing does. */
    public synchronized @Nullable TailReply poll() {
      if (waiting.isEmpty()) {
        return null;
      }
      TailReply.Builder reply = TailReply.newBuilder().setMissed(missed);
      missed = 0;
      while (!waiting.isEmpty() && reply.getEventsCount() < REPLY_EVENTS_MAX) {
        reply.addEvents(waiting.remove());
      }
      return reply.build();
    }
  }
}
