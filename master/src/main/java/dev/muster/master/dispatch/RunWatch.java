package dev.muster.master.dispatch;

import com.carrotsearch.hppc.LongLongHashMap;
import dev.muster.common.Limits;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Overrun;
import dev.muster.master.queue.IdPages;
import dev.muster.master.queue.Task;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Watches how long attempts run, and how long they are silent, where their tasks set limits to
 * that. On the loop, but for what says otherwise.
 *
 * <p>The clock of an attempt starts when the master hears that it has started. It is the leader's
 * alone: after a restart of the master the clocks of what runs start again, so that a limit can be
 * exceeded by as much as the attempt had run before. What was only offered has no clock: a worker
 * that does not come back has run nothing. Nothing is ever stopped too early.
 *
 * <p>Most attempts end before anyone would look at their clocks, and many have no limit. So what
 * limits one is looked up at the tick after its start, not when it is offered.
 */
public final class RunWatch {
  /** A proposal may be lost: it is made again after so long. */
  private static final long AGAIN_NS = TimeUnit.SECONDS.toNanos(1);

  /** Ticks that are further apart tell of a pause of the process. */
  private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(2);

  /** One command names at most so many attempts. */
  private static final int OVERRUN_MAX = 1_000;

  /** One attempt that has started. */
  private static final class Run {
    final long session;
    final long id;
    final long token;
    final long startedNs;

    long signNs;

    /** 0: none; or nobody has looked yet. */
    long limitMs;

    long silenceMs;

    /** Its place among the deadlines: when to look again. Progress does not move it. */
    long lookNs;

    Run(long session, long id, long token, long nowNs) {
      this.session = session;
      this.id = id;
      this.token = token;
      this.startedNs = nowNs;
      this.signNs = nowNs;
    }

    boolean is(long itsSession, long itsToken) {
      return session == itsSession && token == itsToken;
    }

    void limit(TaskOptions options) {
      limitMs = Math.min(options.getRunLimitMs(), Limits.TASK_TIME_MS_MAX);
      silenceMs = Math.min(options.getProgressTimeoutMs(), Limits.TASK_TIME_MS_MAX);
    }

    boolean isLimited() {
      return limitMs > 0 || silenceMs > 0;
    }

    long overNs() {
      long limitNs =
          limitMs > 0 ? startedNs + TimeUnit.MILLISECONDS.toNanos(limitMs) : Long.MAX_VALUE;
      long silenceNs =
          silenceMs > 0 ? signNs + TimeUnit.MILLISECONDS.toNanos(silenceMs) : Long.MAX_VALUE;
      return Math.min(limitNs, silenceNs);
    }

    String cause(long nowNs) {
      boolean ranLong = limitMs > 0 && nowNs - startedNs >= TimeUnit.MILLISECONDS.toNanos(limitMs);
      return ranLong
          ? "it ran for longer than its run-time limit of " + limitMs + " ms"
          : "it gave no sign of progress for " + silenceMs + " ms, its progress time-out";
    }
  }

  /** What has started, without that of which it is known that it has no limit. */
  private final IdPages<Run> runs = new IdPages<>();

  /** Those of them whose limits nobody has looked up yet; and some that have ended meanwhile. */
  private final List<Run> unknown = new ArrayList<>();

  /** Those with limits. */
  private final TreeSet<Run> deadlines =
      new TreeSet<>(
          Comparator.<Run>comparingLong(run -> run.lookNs).thenComparingLong(run -> run.id));

  /** When a session was last seen to be held up by this master's log, ns. */
  private final LongLongHashMap heldUp = new LongLongHashMap();

  private final Proposer proposer;
  private final Applier applier;
  private final LongSupplier clockNs;
  private long tickedNs;

  /**
   * @param clockNs monotonic, ns: a step of the wall clock must not stop what runs
   */
  public RunWatch(Proposer proposer, Applier applier, LongSupplier clockNs) {
    this.proposer = proposer;
    this.applier = applier;
    this.clockNs = clockNs;
    this.tickedNs = clockNs.getAsLong();
  }

  /** Handlers began. */
  void started(long session, List<Long> ids, List<Long> tokens) {
    for (int i = 0; i < ids.size(); i++) {
      long id = ids.get(i);
      long token = tokens.get(i);
      Run before = runs.get(id);
      if (before == null || !before.is(session, token)) {
        if (before != null) {
          forget(before);
        }
        Run run = new Run(session, id, token, clockNs.getAsLong());
        runs.put(id, run);
        unknown.add(run);
      }
    }
  }

  /** Looks up what limits those that have started since the last tick, and still run. */
  private void lookUp() {
    unknown.removeIf(run -> runs.get(run.id) != run);
    if (unknown.isEmpty()) {
      return;
    }
    applier.read(
        machine -> {
          for (Run run : unknown) {
            Task task = machine.attempts().held(run.session, run.id);
            if (task != null && task.token() == run.token) {
              run.limit(task.options());
            }
          }
          return true;
        });
    for (Run run : unknown) {
      if (run.isLimited()) {
        run.lookNs = run.overNs();
        deadlines.add(run);
      } else {
        runs.remove(run.id);
      }
    }
    unknown.clear();
  }

  /** Signs of life. */
  void progress(long session, List<Progress> signs) {
    if (runs.isEmpty()) {
      return;
    }
    for (Progress sign : signs) {
      Run run = runs.get(sign.getId());
      if (run != null && run.is(session, sign.getToken())) {
        run.signNs = clockNs.getAsLong();
      }
    }
  }

  /** These attempts of the session are over. */
  void ended(long session, List<Long> ids) {
    if (runs.isEmpty()) {
      return;
    }
    for (long id : ids) {
      Run run = runs.get(id);
      if (run != null && run.session == session) {
        forget(run);
      }
    }
  }

  /**
   * The session says how attempts ended. One that it had lost before may be among them: another of
   * the same task, that it holds by now, runs on.
   */
  void settled(long session, Settlement settlement) {
    if (runs.isEmpty()) {
      return;
    }
    for (int i = 0; i < settlement.getCompletedIdsCount(); i++) {
      ended(session, settlement.getCompletedIds(i), settlement.getCompletedTokens(i));
    }
    for (int i = 0; i < settlement.getReturnedIdsCount(); i++) {
      ended(session, settlement.getReturnedIds(i), settlement.getReturnedTokens(i));
    }
    for (int i = 0; i < settlement.getCancelledIdsCount(); i++) {
      ended(session, settlement.getCancelledIds(i), settlement.getCancelledTokens(i));
    }
    settlement.getFailedList().forEach(failed -> ended(session, failed.getId(), failed.getToken()));
    settlement
        .getCrashedList()
        .forEach(crashed -> ended(session, crashed.getId(), crashed.getToken()));
  }

  private void ended(long session, long id, long token) {
    Run run = runs.get(id);
    if (run != null && run.is(session, token)) {
      forget(run);
    }
  }

  /**
   * The log stalls over what the session has said: what it says beyond that is not read. A stall is
   * no silence, and what ended meanwhile may not have been heard of.
   */
  void heldUp(long session, long nowNs) {
    heldUp.put(session, nowNs);
  }

  /** The worker has come back: what it does not hold any more has ended, whatever it said. */
  void holds(long session, List<Long> ids) {
    if (runs.isEmpty()) {
      return;
    }
    Set<Long> held = new HashSet<>(ids);
    forgetAll(run -> run.session == session && !held.contains(run.id));
  }

  /** The session ended. */
  void closed(long session) {
    heldUp.remove(session);
    forgetAll(run -> run.session == session);
  }

  private void forgetAll(Predicate<Run> which) {
    List<Run> gone = new ArrayList<>();
    runs.forEach(
        (id, run) -> {
          if (which.test(run)) {
            gone.add(run);
          }
        });
    gone.forEach(this::forget);
  }

  private void forget(Run run) {
    runs.remove(run.id);
    if (run.isLimited()) {
      deadlines.remove(run);
    }
  }

  /** Attempts that are watched; for tests. */
  int size() {
    return runs.size();
  }

  /** Proposes to end what is over. On the loop, several times a second. */
  public void tick() {
    long nowNs = clockNs.getAsLong();
    forgivePause(nowNs);
    lookUp();
    List<Run> over = new ArrayList<>();
    while (!deadlines.isEmpty() && deadlines.first().lookNs <= nowNs) {
      Run run = deadlines.pollFirst();
      boolean isHeldUp = isHeldUp(run, nowNs);
      boolean isOver = !isHeldUp && run.overNs() <= nowNs;
      run.lookNs = isHeldUp || isOver ? nowNs + AGAIN_NS : run.overNs();
      deadlines.add(run);
      if (isOver) {
        over.add(run);
      }
    }
    for (int from = 0; from < over.size(); from += OVERRUN_MAX) {
      propose(over.subList(from, Math.min(over.size(), from + OVERRUN_MAX)), nowNs);
    }
  }

  /** Its session is held up, or was just now: what it said meanwhile is being read. */
  private boolean isHeldUp(Run run, long nowNs) {
    if (!heldUp.containsKey(run.session)) {
      return false;
    }
    long lastNs = heldUp.get(run.session);
    run.signNs = Math.max(run.signNs, lastNs);
    return nowNs - lastNs < AGAIN_NS;
  }

  /** While this master was paused it heard nobody: that silence is not the workers'. */
  private void forgivePause(long nowNs) {
    long pauseNs = nowNs - tickedNs;
    tickedNs = nowNs;
    if (pauseNs > PAUSE_NS) {
      runs.forEach((id, run) -> run.signNs += pauseNs);
    }
  }

  private void propose(List<Run> over, long nowNs) {
    List<Run> held =
        applier.read(
            machine ->
                over.stream()
                    .filter(run -> machine.attempts().holds(run.session, run.id, run.token))
                    .toList());
    over.stream().filter(run -> !held.contains(run)).toList().forEach(this::forget);
    if (held.isEmpty()) {
      return;
    }
    Overrun.Builder overrun = Overrun.newBuilder();
    held.forEach(run -> overrun.addIds(run.id).addTokens(run.token).addCauses(run.cause(nowNs)));
    proposer.propose(Command.newBuilder().setOverrun(overrun).build(), Reply.NONE);
  }
}
