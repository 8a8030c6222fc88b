package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.simulation.SimulatedAttempt.Outcome;
import dev.muster.master.simulation.SimulatedAttempt.Phase;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.StopAttempt;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.WorkerFrame;
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
  private static final long BEAT_MS = 500;

  final World.Program process;
  private final World world;
  private final Ledger ledger;
  private final Supplier<SimulatedMaster> master;
  private final List<String> queues;
  private final Capacity capacity;

  private ByteString session;
  private @Nullable SimulatedCall<WorkerFrame, MasterFrame> stream;
  private boolean welcomed;
  private boolean heldSomething;
  private boolean draining;
  private boolean flushing;

  /** Handlers gave signs of life that the master has yet to hear of. */
  private boolean signsWait;

  private long heardMs;
  private long connections;
  private long saidMs;
  private int freed;

  /** What the master may still offer on this stream. */
  private int credit;

  private final Set<SimulatedAttempt> attempts = new LinkedHashSet<>();
  private final SimulatedSettlements settlements;

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
    this.master = master;
    this.queues = queues;
    this.capacity = capacity;
    this.settlements = new SimulatedSettlements(name, world, ledger, workload);
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
    return attempts.isEmpty() && settlements.isEmpty();
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
    for (SimulatedAttempt held : attempts) {
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
      signsWait = true;
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
    for (SimulatedAttempt held : attempts) {
      if (held.told && !held.hangs && held.entry.options.getProgressTimeoutMs() > 0) {
        frame.addProgress(Progress.newBuilder().setId(held.id).setToken(held.token));
      }
    }
    signsWait = !welcomed;
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
      for (SimulatedAttempt held : attempts) {
        if (held.phase == Phase.OFFERED && !held.lost) {
          end(held, Outcome.RETURNED);
        }
      }
    }
    WorkerFrame.Builder frame = WorkerFrame.newBuilder();
    for (SimulatedAttempt held : attempts) {
      if (held.phase == Phase.RUNNING && !held.told && !held.lost) {
        held.told = true;
        frame.addStartedIds(held.id).addStartedTokens(held.token);
      }
    }
    settlements.say(frame);
    frame.setCredit(draining ? 0 : freed).setDraining(draining);
    credit += frame.getCredit();
    freed = 0;
    boolean leaving = draining && attempts.stream().allMatch(held -> held.phase == Phase.ENDED);
    frame.setGoodbye(leaving);
    if (!frame.build().equals(WorkerFrame.getDefaultInstance())) {
      say(frame.build());
    }
    if (signsWait) {
      var unused = sayProgress();
    }
  }

  private void offered(Offer offer, SimulatedCall<WorkerFrame, MasterFrame> from) {
    for (int i = 0; i < offer.getIdsCount(); i++) {
      SimulatedAttempt held =
          new SimulatedAttempt(
              ledger.offered(offer, i, process.name), offer.getIds(i), offer.getToken());
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

  private void begin(SimulatedAttempt held) {
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

  private void finish(SimulatedAttempt held) {
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

  private void end(SimulatedAttempt held, Outcome outcome) {
    held.phase = Phase.ENDED;
    settlements.add(held, outcome);
    freed += Capacity.cost(held.entry);
  }

  private void forget(SimulatedAttempt held) {
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
        if ((!resumed && (heldSomething || settlements.isBegun()))
            || frame.getWelcome().getSettledUpto() < settlements.durable()) {
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
      settlements.settled(frame, from, attempts::remove);
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
    settlements.welcomed(frame.getWelcome().getSettledUpto(), attempts::remove);
    Set<Long> lost = new HashSet<>(frame.getCancelledIdsList());
    for (SimulatedAttempt held : attempts) {
      held.stream = lost.contains(held.id) ? null : from;
    }
    WorkerFrame.Builder again = WorkerFrame.newBuilder();
    settlements.sayAgain(again);
    if (again.getSettlementsCount() > 0) {
      say(again.build());
    }
  }

  /** Nothing is ever stopped too early. */
  private void checkOverrun(MasterFrame frame, long silentMs) {
    if (frame.hasWelcome()) {
      return; // These were lost when the session was away.
    }
    for (SimulatedAttempt held : attempts) {
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
    for (SimulatedAttempt held : attempts) {
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
    for (SimulatedAttempt held : List.copyOf(attempts)) {
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
    for (SimulatedAttempt held : List.copyOf(attempts)) {
      held.lost = true;
      if (held.phase != Phase.RUNNING || held.hangs) {
        attempts.remove(held);
      }
    }
    settlements.clear();
    session = world.key();
    if (stream != null) {
      stream.cancel();
    }
    reconnectSoon();
  }
}
