package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.StopAttempt;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A worker as the protocol asks for it, with handlers that take their time, fail, and go on when
 * they should not.
 */
final class SimulatedWorker {
  private enum Phase {
    OFFERED,
    RUNNING,
    /** It has an outcome, which is not known to be durable. */
    ENDED
  }

  /** One attempt. */
  private static final class Held {
    final LedgerEntry entry;
    final long id;
    final long token;
    Phase phase = Phase.OFFERED;

    /** The master was told on this stream that it runs. */
    boolean told;

    /** The master said that it belongs to others: whatever it comes to must be refused. */
    boolean lost;

    /** Its handler never ends by itself. */
    boolean hangs;

    /** When its handler began; virtual time, ms. */
    long beganMs;

    /** The handler failed, and trying again may help. */
    boolean retryable;

    /** The stream on which the master gave or confirmed it. */
    @Nullable SimulatedCall<WorkerFrame, MasterFrame> stream;

    Held(LedgerEntry entry, long id, long token) {
      this.entry = entry;
      this.id = id;
      this.token = token;
    }
  }

  private record Ended(Held held, Outcome outcome) {}

  private enum Outcome {
    COMPLETED,
    FAILED,
    /** Its process died, the worker lives. */
    CRASHED,
    RETURNED,
    /** Stopped because the master asked. */
    CANCELLED
  }

  /** A settlement that is not known to be applied. */
  private static final class Numbered {
    final long number;
    final List<Ended> ended;
    final Settlement settlement;
    int sent;

    Numbered(long number, List<Ended> ended, Settlement settlement) {
      this.number = number;
      this.ended = ended;
      this.settlement = settlement;
    }
  }

  private static final long BEAT_MS = 500;

  final World.Program process;
  private final World world;
  private final Ledger ledger;
  private final Workload workload;
  private final Supplier<SimulatedMaster> master;
  private final List<String> queues;
  private final Capacity capacity;

  private ByteString session;
  private @Nullable SimulatedCall<WorkerFrame, MasterFrame> stream;
  private boolean welcomed;
  private boolean heldSomething;
  private boolean draining;
  private boolean flushing;
  private long heardMs;
  private long connections;
  private long saidMs;
  private long lastNumber;
  private int freed;

  /** What the master may still offer on this stream. */
  private int credit;

  private final Set<Held> attempts = new LinkedHashSet<>();
  private final List<Ended> gathered = new ArrayList<>();
  private final ArrayDeque<Numbered> unsettled = new ArrayDeque<>();

  SimulatedWorker(
      String name,
      World world,
      Ledger ledger,
      Workload workload,
      Supplier<SimulatedMaster> master,
      List<String> queues,
      Capacity capacity) {
    this.process = new World.Program(name);
    this.world = world;
    this.ledger = ledger;
    this.workload = workload;
    this.master = master;
    this.queues = queues;
    this.capacity = capacity;
    this.session = world.key();
    connect();
    world.after(BEAT_MS, process, this::beat);
  }

  /** Neither dead nor gone. */
  boolean isAlive() {
    return !process.dead;
  }

  /** It holds nothing, and everything that it said is durable. */
  boolean isIdle() {
    return attempts.isEmpty() && gathered.isEmpty() && unsettled.isEmpty();
  }

  void kill() {
    world.tell(() -> process.name + " is killed");
    process.dead = true;
    cut("killed");
  }

  void cut(String why) {
    if (stream != null) {
      world.tell(() -> process.name + ": stream cut, " + why);
      stream.cut(why);
    }
  }

  /** Takes no more, gives back what it has not begun, and goes when the rest is settled. */
  void drain() {
    world.tell(() -> process.name + " drains");
    draining = true;
    flushSoon();
  }

  private void connect() {
    Hello.Builder hello =
        Hello.newBuilder()
            .setSession(session)
            .setConnection(++connections)
            .setName(process.name)
            .setHost("host")
            .setPid(1)
            .putAllLabels(capacity.labels())
            .setSlots(capacity.slots())
            .addAllQueues(queues);
    for (Held held : attempts) {
      held.told = false;
      held.stream = null;
      if (!held.lost) {
        hello.addHeldIds(held.id).addHeldTokens(held.token);
      }
    }
    int busy = busy();
    freed = 0;
    credit = draining ? 0 : Math.max(0, capacity.slots() - busy);
    hello.setCredit(credit);
    heldSomething = hello.getHeldIdsCount() > 0;
    welcomed = false;
    heardMs = world.nowMs;
    SimulatedMaster now = master.get();
    ByteString key = session;
    Frames frames = new Frames(() -> now.longestSilenceMs(key));
    SimulatedCall<WorkerFrame, MasterFrame> opened =
        SimulatedCall.stream(world, process, now, (to, caller) -> to.work.work(caller), frames);
    opened.whenReached(() -> now.heard(key));
    frames.mine = opened;
    stream = opened;
    opened.send(WorkerFrame.newBuilder().setHello(hello).build());
  }

  /** Slots that are taken. */
  private int busy() {
    return attempts.stream()
        .filter(held -> held.phase != Phase.ENDED)
        .mapToInt(held -> Capacity.cost(held.entry))
        .sum();
  }

  private void reconnectSoon() {
    stream = null;
    welcomed = false;
    world.after(world.between(20, world.faulty ? 2_000 : 100), process, this::connectAgain);
  }

  private void connectAgain() {
    if (stream == null) {
      connect();
    }
  }

  private void beat() {
    world.after(BEAT_MS, process, this::beat);
    if (stream == null) {
      return;
    }
    if (world.nowMs - heardMs > Limits.SESSION_TIMEOUT_MS) {
      world.tell(() -> process.name + ": the master is silent");
      stream.cancel();
      reconnectSoon();
    } else if (sayProgress()) {
      saidMs = world.nowMs;
    } else if (welcomed && world.nowMs - saidMs > Limits.HEARTBEAT_INTERVAL_MS * 3 / 4) {
      flush();
      if (saidMs != world.nowMs) {
        say(WorkerFrame.getDefaultInstance());
      }
    }
  }

  /** Handlers that must give signs of life do. */
  private boolean sayProgress() {
    WorkerFrame.Builder frame = WorkerFrame.newBuilder();
    for (Held held : attempts) {
      if (held.told && !held.hangs && held.entry.options.getProgressTimeoutMs() > 0) {
        frame.addProgress(Progress.newBuilder().setId(held.id).setToken(held.token));
      }
    }
    if (frame.getProgressCount() > 0) {
      say(frame.build());
    }
    return frame.getProgressCount() > 0;
  }

  private void say(WorkerFrame frame) {
    if (stream != null && welcomed) {
      saidMs = world.nowMs;
      stream.send(frame);
    }
  }

  private void flushSoon() {
    if (!flushing) {
      flushing = true;
      world.after(
          world.roll(8),
          process,
          () -> {
            flushing = false;
            flush();
          });
    }
  }

  /** Says everything that gathered, in one frame. */
  private void flush() {
    if (stream == null || !welcomed) {
      return;
    }
    if (draining) {
      for (Held held : attempts) {
        if (held.phase == Phase.OFFERED && !held.lost) {
          end(held, Outcome.RETURNED);
        }
      }
    }
    WorkerFrame.Builder frame = WorkerFrame.newBuilder();
    for (Held held : attempts) {
      if (held.phase == Phase.RUNNING && !held.told && !held.lost) {
        held.told = true;
        frame.addStartedIds(held.id);
      }
    }
    if (!gathered.isEmpty()) {
      Numbered next = new Numbered(++lastNumber, List.copyOf(gathered), settlement());
      gathered.clear();
      unsettled.add(next);
      frame.addSettlements(send(next));
    }
    frame.setCredit(draining ? 0 : freed).setDraining(draining);
    credit += frame.getCredit();
    freed = 0;
    boolean leaving = draining && attempts.stream().allMatch(held -> held.phase == Phase.ENDED);
    frame.setGoodbye(leaving);
    if (!frame.build().equals(WorkerFrame.getDefaultInstance())) {
      say(frame.build());
    }
  }

  private NumberedSettlement send(Numbered numbered) {
    numbered.sent++;
    return NumberedSettlement.newBuilder()
        .setNumber(numbered.number)
        .setSettlement(numbered.settlement)
        .build();
  }

  private Settlement settlement() {
    Settlement.Builder settlement = Settlement.newBuilder().setResultContentType("text/plain");
    for (Ended ended : gathered) {
      Held held = ended.held;
      switch (ended.outcome) {
        case COMPLETED -> {
          ledger.sent(held.entry, held.token);
          settlement
              .addCompletedIds(held.id)
              .addCompletedTokens(held.token)
              .addResults(ByteString.copyFromUtf8(Ledger.result(held.entry.name, held.token)));
          workload.followUp(held.entry, held.token).ifPresent(settlement::addFollowUps);
        }
        case FAILED -> {
          ledger.sent(held.entry, held.token);
          settlement.addFailed(
              FailedAttempt.newBuilder()
                  .setId(held.id)
                  .setToken(held.token)
                  .setFailure(
                      Failure.newBuilder()
                          .setKind("Boom")
                          .setRetryable(held.retryable)
                          .setMessage(Ledger.failure(held.entry.name, held.token))));
        }
        case CRASHED ->
            settlement.addCrashed(
                CrashedAttempt.newBuilder()
                    .setId(held.id)
                    .setToken(held.token)
                    .setCause("it exited with code 1")
                    .setRunUs(1 + (int) (world.nowMs - held.beganMs) * 1_000));
        case RETURNED -> settlement.addReturnedIds(held.id).addReturnedTokens(held.token);
        case CANCELLED -> settlement.addCancelledIds(held.id).addCancelledTokens(held.token);
      }
    }
    return settlement.build();
  }

  private void offered(Offer offer, SimulatedCall<WorkerFrame, MasterFrame> from) {
    for (int i = 0; i < offer.getIdsCount(); i++) {
      Held held =
          new Held(ledger.offered(offer, i, process.name), offer.getIds(i), offer.getToken());
      capacity.check(process.name, held.entry);
      credit -= Capacity.cost(held.entry);
      held.stream = from;
      attempts.add(held);
      world.tell(() -> process.name + " is offered " + held.id + " under " + held.token);
      world.after(world.roll(world.faulty ? 200 : 5), process, () -> begin(held));
    }
    World.check(credit >= 0, () -> process.name + " has " + credit + " free slots by offers");
    World.check(
        busy() <= capacity.slots(),
        () -> process.name + " holds more than it has slots: " + busy());
  }

  private void begin(Held held) {
    if (held.phase != Phase.OFFERED || !attempts.contains(held)) {
      return;
    }
    if (world.fault(40)) {
      end(held, Outcome.RETURNED);
    } else {
      held.phase = Phase.RUNNING;
      held.beganMs = world.nowMs;
      held.hangs = held.entry.isLimited() && world.fault(300);
      if (held.hangs) {
        flushSoon();
        return;
      }
      long runMs = world.faulty && world.roll(20) == 0 ? world.roll(25_000) : world.roll(60);
      world.after(runMs, process, () -> finish(held));
    }
    flushSoon();
  }

  private void finish(Held held) {
    if (!attempts.contains(held) || held.phase != Phase.RUNNING) {
      return;
    }
    if (held.lost && !world.percent(50)) {
      forget(held);
    } else {
      // What belongs to others may be handed in all the same: it has to be refused.
      held.retryable = world.percent(70);
      Outcome ran = world.percent(85) ? Outcome.COMPLETED : Outcome.FAILED;
      end(held, world.fault(40) ? Outcome.CRASHED : ran);
    }
    flushSoon();
  }

  private void end(Held held, Outcome outcome) {
    held.phase = Phase.ENDED;
    gathered.add(new Ended(held, outcome));
    freed += Capacity.cost(held.entry);
  }

  private void forget(Held held) {
    attempts.remove(held);
    freed += Capacity.cost(held.entry);
  }

  /** What the master says. */
  private final class Frames implements SimulatedCall.Answer<MasterFrame> {
    private @Nullable SimulatedCall<WorkerFrame, MasterFrame> mine;

    /** How long the master heard nothing of this session at a stretch, ms. */
    private final LongSupplier silentMs;

    Frames(LongSupplier silentMs) {
      this.silentMs = silentMs;
    }

    @Override
    public void next(MasterFrame frame) {
      SimulatedCall<WorkerFrame, MasterFrame> from = mine;
      if (from == null || from != stream) {
        return;
      }
      heardMs = world.nowMs;
      if (frame.getSessionExpired()) {
        startOver("the session expired");
        return;
      }
      if (frame.hasWelcome()) {
        boolean resumed = frame.getWelcome().getResumed();
        // Or one that was opened by a hello whose welcome got lost, after the session had ended.
        long durable = lastNumber - unsettled.size();
        if ((!resumed && (heldSomething || lastNumber > 0))
            || frame.getWelcome().getSettledUpto() < durable) {
          startOver("the session is not known");
          return;
        }
        World.check(
            resumed || frame.getWelcome().getSettledUpto() == 0,
            () -> process.name + ": a new session has settlements");
        welcome(frame, from);
      }
      // First: the same task may be offered anew in the same frame.
      checkOverrun(frame, silentMs.getAsLong());
      lost(frame.getCancelledIdsList());
      frame.getStopList().forEach(SimulatedWorker.this::stop);
      frame.getOffersList().forEach(offer -> offered(offer, from));
      settled(frame, from);
      flushSoon();
    }

    @Override
    public void end(@Nullable Throwable failure) {
      if (mine != stream) {
        return;
      }
      if (failure == null && draining && isIdle()) {
        world.tell(() -> process.name + " has gone");
        process.dead = true;
      } else {
        reconnectSoon();
      }
    }
  }

  private void welcome(MasterFrame frame, SimulatedCall<WorkerFrame, MasterFrame> from) {
    welcomed = true;
    long upto = frame.getWelcome().getSettledUpto();
    World.check(
        upto <= lastNumber, () -> process.name + ": settled up to " + upto + " of " + lastNumber);
    while (!unsettled.isEmpty() && unsettled.element().number <= upto) {
      // What became of each of them, nobody heard.
      unsettled.remove().ended.forEach(ended -> attempts.remove(ended.held));
    }
    Set<Long> lost = new HashSet<>(frame.getCancelledIdsList());
    for (Held held : attempts) {
      held.stream = lost.contains(held.id) ? null : from;
    }
    WorkerFrame.Builder again = WorkerFrame.newBuilder();
    unsettled.forEach(numbered -> again.addSettlements(send(numbered)));
    if (again.getSettlementsCount() > 0) {
      say(again.build());
    }
  }

  private void settled(MasterFrame frame, SimulatedCall<WorkerFrame, MasterFrame> from) {
    Set<List<Long>> refused = new HashSet<>();
    for (RefusedAttempt attempt : frame.getRefusedList()) {
      refused.add(List.of(attempt.getId(), attempt.getToken()));
    }
    while (!unsettled.isEmpty() && unsettled.element().number <= frame.getSettledUpto()) {
      Numbered numbered = unsettled.remove();
      for (Ended ended : numbered.ended) {
        Held held = ended.held;
        attempts.remove(held);
        boolean accepted = !refused.contains(List.of(held.id, held.token));
        if (numbered.sent > 1) {
          continue; // An answer to the first sending may have been lost: this one says nothing.
        }
        if (!accepted) {
          World.check(
              held.lost || held.stream != from || !from.isWhole(),
              () ->
                  (process.name + " holds task " + held.id + " under " + held.token)
                      + " in a live session, and its outcome is refused without a word");
        } else {
          World.check(
              ended.outcome == Outcome.RETURNED || !held.lost,
              () -> "task " + held.id + " under " + held.token + " was lost, and is accepted");
          accepted(ended);
        }
      }
    }
  }

  private void accepted(Ended ended) {
    LedgerEntry entry = ended.held.entry;
    switch (ended.outcome) {
      case COMPLETED -> Ledger.accepted(entry, ended.held.token);
      case FAILED -> ledger.acceptedFailure(entry, ended.held.token, ended.held.retryable);
      case CRASHED -> Ledger.acceptedCrash(entry, ended.held.token);
      case CANCELLED -> ledger.stopped(entry);
      case RETURNED -> {}
    }
  }

  /** Nothing is ever stopped too early. */
  private void checkOverrun(MasterFrame frame, long silentMs) {
    if (frame.hasWelcome()) {
      return; // These were lost when the session was away.
    }
    for (Held held : attempts) {
      TaskOptions options = held.entry.options;
      if (held.phase == Phase.RUNNING
          && held.stream == stream
          && frame.getCancelledIdsList().contains(held.id)) {
        long ranMs = world.nowMs - held.beganMs;
        World.check(
            held.lost
                || (options.getRunLimitMs() > 0 && ranMs >= options.getRunLimitMs())
                || (options.getProgressTimeoutMs() > 0
                    && ranMs >= options.getProgressTimeoutMs()
                    && (held.hangs || silentMs >= silenceMs(options))),
            () ->
                (held.entry.name + " is said to have overrun after " + ranMs + " ms, and ")
                    + (process.name + " was silent for " + silentMs + " ms at most"));
      }
    }
  }

  /** A handler that does not hang is silent for so long only when its worker is, ms. */
  private static long silenceMs(TaskOptions options) {
    return options.getProgressTimeoutMs() - BEAT_MS - SimulatedMaster.STALL_UNNOTICED_MS;
  }

  /** Somebody called an attempt off: its handler is asked to stop, and may be done before. */
  private void stop(StopAttempt stop) {
    for (Held held : attempts) {
      if (held.id == stop.getId() && held.token == stop.getToken()) {
        ledger.stopped(held.entry);
        if (held.phase != Phase.ENDED && !held.lost && (held.hangs || world.percent(60))) {
          end(held, Outcome.CANCELLED);
        }
      }
    }
  }

  private void lost(List<Long> ids) {
    Set<Long> others = new HashSet<>(ids);
    for (Held held : List.copyOf(attempts)) {
      if (others.contains(held.id)) {
        held.lost = true;
        if (held.phase == Phase.OFFERED || (held.phase == Phase.RUNNING && held.hangs)) {
          forget(held);
        }
      }
    }
  }

  /** What this worker held belongs to others; its handlers run on. */
  private void startOver(String why) {
    world.tell(() -> process.name + " starts over: " + why);
    for (Held held : List.copyOf(attempts)) {
      held.lost = true;
      if (held.phase != Phase.RUNNING || held.hangs) {
        attempts.remove(held);
      }
    }
    gathered.clear();
    unsettled.clear();
    lastNumber = 0;
    session = world.key();
    if (stream != null) {
      stream.cancel();
    }
    reconnectSoon();
  }
}
