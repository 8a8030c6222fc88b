package dev.muster.master.queue;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongObjectHashMap;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.log.v1.Lease;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hands tasks out and takes them back. */
final class Leasing {
  /**
   * One lease carries at most so many bytes of payloads and options (or a single task, however
   * large), so that its offers fit in one message.
   */
  private static final long LEASE_BYTES_MAX = 1 << 20;

  /** Why a task goes back to its queue. */
  enum Return {
    /** Given back or taken back before it ran: free of charge. */
    UNSTARTED,
    /** The worker died while it ran. */
    CRASHED,
    /** The visibility timeout ran out. */
    EXPIRED
  }

  /** In place of a run time. */
  static final long NOT_RUN = -1;

  private final MachineState state;

  Leasing(MachineState state) {
    this.state = state;
  }

  Outcome lease(Lease command, long index) {
    QueueState queue = state.queues.find(command.getQueue());
    WorkerSession session = state.sessions.find(command.getSession());
    if (queue == null || (command.getSession() != 0 && session == null)) {
      return new Outcome.Leased(List.of(), 0, 0, 0);
    }
    long leaseUntilMs = session == null ? state.nowMs + command.getVisibilityTimeoutMs() : 0;
    OfferBuilder offers = new OfferBuilder(queue.name, index);
    Choice choice = queue.ready.choice(session, state);
    int count = 0;
    long cost = 0;
    long bytes = 0;
    for (long left = command.getMax(); left > 0; count++) {
      Task next = choice.peek();
      // A task that costs more than is left ends the lease: what costs less and comes later must
      // not overtake it for ever.
      if (next == null || (session != null && Ready.costOf(next.options) > left)) {
        break;
      }
      bytes += offers.bytesWith(next);
      if (count > 0 && bytes > LEASE_BYTES_MAX) {
        break;
      }
      choice.take(next);
      cost += Ready.costOf(next.options);
      left -= session == null ? 1 : Ready.costOf(next.options);
      Task task = state.tasks.touch(next);
      task.state = TaskState.TASK_STATE_RUNNING;
      task.token = index;
      task.attempts++;
      task.offeredMs = state.nowMs;
      task.leaseUntilMs = leaseUntilMs;
      state.tasks.lease(task);
      if (session != null) {
        task.session = session.number;
        session.hold(task);
      }
      offers.add(task);
    }
    queue.leased += count;
    if (count > 0) {
      state.changed(queue);
    } else {
      // Who asked in vain must not go by an older figure: it would ask again at once, and again.
      state.tellLeader(queue);
    }
    return new Outcome.Leased(offers.build(), count, cost, leaseUntilMs);
  }

  Outcome expire(ExpireLeases command) {
    for (int i = 0; i < command.getIdsCount(); i++) {
      Task task = state.tasks.leased(command.getIds(i));
      if (task != null
          && task.token == command.getTokens(i)
          && task.session == 0
          && task.leaseUntilMs <= state.nowMs) {
        giveBack(task, Return.EXPIRED);
      }
    }
    return new Outcome.Done();
  }

  Outcome extend(ExtendRequest command) {
    List<RefusedAttempt> refused = new ArrayList<>();
    for (int i = 0; i < command.getIdsCount(); i++) {
      long id = command.getIds(i);
      Task task = state.tasks.leased(id);
      if (task == null || task.token != command.getTokens(i) || task.session != 0) {
        refused.add(
            RefusedAttempt.newBuilder()
                .setId(id)
                .setToken(command.getTokens(i))
                .setReason(RefusalReason.REFUSAL_REASON_STALE_TOKEN)
                .build());
      } else {
        state.tasks.touch(task).leaseUntilMs = state.nowMs + command.getVisibilityTimeoutMs();
      }
    }
    return new Outcome.Settled(refused);
  }

  /**
   * Gives back what a session holds: what was started as crashed (when it is lost), the rest free
   * of charge.
   */
  void giveBackHeld(WorkerSession session, LongHashSet started, Return startedAs) {
    for (Task task : session.held()) {
      giveBack(task, started.contains(task.id) ? startedAs : Return.UNSTARTED);
    }
  }

  /** Gives back what a session holds and has not started, free of charge. */
  void giveBackUnstarted(WorkerSession session, LongHashSet started) {
    for (Task task : session.held()) {
      if (!started.contains(task.id)) {
        giveBack(task, Return.UNSTARTED);
      }
    }
  }

  /**
   * Gives back what a session holds and its worker does not, free of charge; returns what only the
   * worker thinks it holds.
   */
  List<Long> reconcile(WorkerSession session, LongObjectHashMap<Long> tokensHeld) {
    for (Task task : session.held()) {
      Long token = tokensHeld.get(task.id);
      if (token != null && token == task.token) {
        tokensHeld.remove(task.id);
      } else {
        giveBack(task, Return.UNSTARTED);
      }
    }
    List<Long> lost = new ArrayList<>();
    for (long id : tokensHeld.keys().toArray()) {
      lost.add(id);
    }
    lost.sort(null);
    return lost;
  }

  void giveBack(Task leased, Return why) {
    Task task = state.tasks.touch(leased);
    QueueState queue = task.queue;
    release(task, why == Return.UNSTARTED ? NOT_RUN : 0);
    switch (why) {
      case UNSTARTED -> {
        task.returns++;
        task.attempts--;
      }
      case CRASHED -> task.crashes++;
      case EXPIRED -> task.expiries++;
    }
    task.state = TaskState.TASK_STATE_READY;
    queue.ready.enter(task, state);
    state.changed(queue);
  }

  /**
   * Ends the lease of a touched task, whatever becomes of it.
   *
   * @param runUs how long it ran, µs; 0: since the lease; {@link #NOT_RUN}: not at all
   */
  void release(Task task, long runUs) {
    if (runUs == NOT_RUN) {
      task.queue.ready.returned(task, state);
    } else {
      task.queue.ready.released(task, runUs, state);
    }
    state.tasks.unlease(task);
    if (task.session != 0) {
      WorkerSession session = state.sessions.find(task.session);
      if (session != null) {
        session.release(task);
      }
    }
    task.token = 0;
    task.session = 0;
    task.leaseUntilMs = 0;
    task.queue.leased--;
  }

  /** Gathers tasks with the same options into one offer each. */
  private static final class OfferBuilder {
    private final List<Offer> offers = new ArrayList<>(1);
    private final String queue;
    private final long token;
    private Offer.@Nullable Builder open;
    private @Nullable TaskOptions options;
    private boolean allFirst;

    OfferBuilder(String queue, long token) {
      this.queue = queue;
      this.token = token;
    }

    /** Bytes that one more task adds: its payload, and its options when it begins an offer. */
    long bytesWith(Task task) {
      return task.options.equals(options)
          ? task.payloadBytes
          : task.payloadBytes + (long) task.options.getSerializedSize();
    }

    void add(Task task) {
      Offer.Builder offer = open;
      if (offer == null || !task.options.equals(options)) {
        close();
        offer = Offer.newBuilder().setQueue(queue).setToken(token).setOptions(task.options);
        open = offer;
        options = task.options;
        allFirst = true;
      }
      if (allFirst && task.attempts != 1) {
        allFirst = false;
        for (int i = 0; i < offer.getIdsCount(); i++) {
          offer.addAttempts(1);
        }
      }
      if (!allFirst) {
        offer.addAttempts(task.attempts);
      }
      offer.addIds(task.id).addPayloads(task.payload);
    }

    List<Offer> build() {
      close();
      return offers;
    }

    private void close() {
      if (open != null) {
        offers.add(open.build());
        open = null;
      }
    }
  }
}
