package dev.muster.master.queue;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongLongHashMap;
import com.carrotsearch.hppc.LongObjectHashMap;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.Overrun;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Hands tasks out and takes them back. */
final class Leasing {
  /**
   * One lease carries at most so many bytes of payloads and options (or a single task, however
   * large), so that its offers fit in one message with the ids and counts of as many tasks as one
   * lease may have.
   */
  private static final long LEASE_BYTES_MAX = 3 << 20;

  /** Why a task goes back to its queue. */
  enum Return {
    /** Given back or taken back before it ran: free of charge. */
    UNSTARTED(AttemptEnd.ATTEMPT_END_RETURNED),
    /** The worker died while it ran. */
    CRASHED(AttemptEnd.ATTEMPT_END_CRASHED),
    /** The visibility timeout ran out. */
    EXPIRED(AttemptEnd.ATTEMPT_END_EXPIRED);

    private final AttemptEnd end;

    Return(AttemptEnd end) {
      this.end = end;
    }
  }

  private final MachineState state;
  private final Waiting waiting;
  private final Endings endings;

  Leasing(MachineState state, Waiting waiting, Endings endings) {
    this.state = state;
    this.waiting = waiting;
    this.endings = endings;
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
      state.timers.clear(task);
      task.state = TaskState.TASK_STATE_RUNNING;
      task.token = index;
      task.attempts++;
      task.leaseUntilMs = leaseUntilMs;
      task.offeredMs = state.nowMs;
      task.runUs = 0;
      task.worker = session == null ? "" : session.worker;
      state.tasks.lease(task);
      state.timers.set(task);
      if (session != null) {
        task.session = session.number;
        session.hold(task);
      }
      offers.add(task);
      state.effects.moved(task);
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

  /** As {@link #expire(Task)}; no longer proposed, but there are logs with it. */
  Outcome expire(ExpireLeases command) {
    for (int i = 0; i < command.getIdsCount(); i++) {
      Task task = state.tasks.leased(command.getIds(i));
      if (task != null
          && task.token == command.getTokens(i)
          && task.session == 0
          && task.leaseUntilMs <= state.nowMs) {
        expire(task);
      }
    }
    return new Outcome.Done();
  }

  /** The time of a lease without a session is over. */
  void expire(Task leased) {
    giveBack(leased, Return.EXPIRED);
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
        Task mine = state.tasks.touch(task);
        state.timers.clear(mine);
        mine.leaseUntilMs = state.nowMs + command.getVisibilityTimeoutMs();
        state.timers.set(mine);
      }
    }
    return new Outcome.Settled(refused);
  }

  /**
   * Gives back what a session holds: what was started as crashed (when it is lost), the rest free
   * of charge.
   *
   * @param startedRunUs how long each that was started has run, µs; 0: nobody knows
   */
  void giveBackHeld(WorkerSession session, LongLongHashMap startedRunUs, Return startedAs) {
    for (Task task : session.held()) {
      if (startedRunUs.containsKey(task.id)) {
        Task started = state.tasks.touch(task);
        started.runUs = startedRunUs.get(task.id);
        giveBack(started, startedAs);
      } else {
        giveBack(task, Return.UNSTARTED);
      }
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

  /**
   * The process of its handler died, and its worker lives to say why: counted as if the worker had
   * died.
   *
   * @param runUs how long the handler ran, µs
   */
  void crashed(Task leased, String cause, long runUs, @Nullable Usage usage) {
    Task task = state.tasks.touch(leased);
    task.runUs = runUs;
    giveBack(task, Return.CRASHED, cause, usage);
  }

  void giveBack(Task leased, Return why) {
    giveBack(leased, why, "", null);
  }

  /**
   * @param cause of a crash, as the worker says it; empty: the worker cannot say
   */
  private void giveBack(Task leased, Return why, String cause, @Nullable Usage usage) {
    Task task = state.tasks.touch(leased);
    QueueState queue = task.queue;
    endAttempt(task, why.end, cause, usage);
    release(task, why != Return.UNSTARTED);
    switch (why) {
      case UNSTARTED -> {
        task.returns++;
        task.attempts--;
        queue.returns++;
      }
      case CRASHED -> {
        task.crashes++;
        queue.crashes++;
      }
      case EXPIRED -> {
        task.expiries++;
        queue.expiries++;
      }
    }
    int crashesMax = queue.settings.proto().getQuarantineAfter();
    if (task.cancelling) {
      endings.cancel(task, task.cause);
    } else if (why == Return.CRASHED && crashesMax != 0 && task.crashes >= crashesMax) {
      endings.quarantine(task, crashes(task.crashes, cause));
    } else {
      waiting.comeBack(task);
    }
  }

  private static String crashes(int count, String lastCause) {
    return lastCause.isEmpty()
        ? count + " workers died while they ran it"
        : "it crashed " + (count == 1 ? "once" : count + " times") + ", last: " + lastCause;
  }

  /** A touched task that is leased is called off. */
  void endCancelled(Task task, String why) {
    endAttempt(task, AttemptEnd.ATTEMPT_END_CANCELLED, "", null);
    release(task, true);
    endings.cancel(task, why);
  }

  /** Attempts ran past a limit, says the leader: they count as failed. */
  Outcome overrun(Overrun command, Settling settling) {
    for (int i = 0; i < command.getIdsCount(); i++) {
      Task task = state.tasks.leased(command.getIds(i));
      if (task != null && task.token == command.getTokens(i)) {
        long session = task.session;
        settling.overrun(task, command.getCauses(i));
        state.effects.lost(session, List.of(task.id));
      }
    }
    return new Outcome.Done();
  }

  /**
   * Writes a touched task's attempt into its timeline.
   *
   * @param usage null: not measured
   */
  void endAttempt(Task task, AttemptEnd end, String why, @Nullable Usage usage) {
    int before = task.memoryBytes();
    task.endAttempt(end, state.nowMs, why, usage);
    state.tasks.current().grew(task.memoryBytes() - before);
  }

  /**
   * Ends the lease of a touched task, whatever becomes of it.
   *
   * @param ran it may have run: for as long as it says, or since its lease when it does not say
   */
  void release(Task task, boolean ran) {
    state.timers.clear(task);
    if (ran) {
      task.queue.ready.released(task, task.runUs, state);
    } else {
      task.queue.ready.returned(task, state);
    }
    state.tasks.unlease(task);
    if (task.session != 0) {
      WorkerSession session = state.sessions.find(task.session);
      if (session != null) {
        session.release(task);
      }
    }
    task.lastToken = task.token;
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
    private boolean anyCrashed;
    private boolean anyInputs;

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
        anyCrashed = false;
        anyInputs = false;
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
      if (anyCrashed || task.crashes > 0) {
        anyCrashed = true;
        fill(offer.getCrashesCount(), offer.getIdsCount() - 1, offer::addCrashes);
        offer.addCrashes(task.crashes);
      }
      int inputs = task.bonds == null ? 0 : task.bonds.after().size();
      if (anyInputs || inputs > 0) {
        anyInputs = true;
        fill(offer.getInputsCount(), offer.getIdsCount() - 1, offer::addInputs);
        offer.addInputs(inputs);
      }
    }

    /** The tasks before had zero, and no column yet. */
    private static void fill(int from, int to, IntConsumer zeros) {
      for (int i = from; i < to; i++) {
        zeros.accept(0);
      }
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
