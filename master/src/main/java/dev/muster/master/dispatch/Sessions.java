package dev.muster.master.dispatch;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.log.v1.CloseSession;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.ReturnUnstarted;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.queue.Attempts;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.queue.Task;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.master.replication.Reply;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerFrame;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker sessions as the leader sees them. A session lives as long as its heartbeats, whatever
 * becomes of its streams; what it was offered and has not started lives only as long as the stream.
 */
public final class Sessions {
  private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);
  private static final long TIMEOUT_NS = TimeUnit.MILLISECONDS.toNanos(Limits.SESSION_TIMEOUT_MS);
  private static final long HEARTBEAT_NS =
      TimeUnit.MILLISECONDS.toNanos(Limits.HEARTBEAT_INTERVAL_MS);

  /**
   * Ticks that are further apart tell of a pause of the process; they come several times a second.
   */
  private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(2);

  private final Proposer proposer;
  private final Applier applier;
  private final Dispatcher dispatcher;
  private final RunWatch runs;
  private final RunningNotes notes;
  private final EventHub events;
  private final LongSupplier clockNs;

  private final StackRequests stacks;

  /** By session number. Apply adds, the loop removes, queries look. */
  private final Map<Long, WorkerLink> links = new ConcurrentHashMap<>();

  /** Hellos under way, by the worker's key. On the loop. */
  private final Map<ByteString, Integer> opening = new HashMap<>();

  private long heartbeatNs;
  private long tickedNs;

  /**
   * @param clockNs monotonic, ns
   */
  public Sessions(
      Proposer proposer,
      Applier applier,
      Dispatcher dispatcher,
      RunWatch runs,
      RunningNotes notes,
      EventHub events,
      LongSupplier clockNs) {
    this.proposer = proposer;
    this.applier = applier;
    this.dispatcher = dispatcher;
    this.runs = runs;
    this.notes = notes;
    this.events = events;
    this.clockNs = clockNs;
    this.stacks = new StackRequests(clockNs);
    this.heartbeatNs = clockNs.getAsLong();
    this.tickedNs = heartbeatNs;
  }

  /** This master leads now: every open session has its full time to come back. On the loop. */
  public void restore(QueueMachine machine) {
    for (long session : machine.sessions()) {
      links.putIfAbsent(session, newLink(session, machine.attempts().key(session)));
    }
  }

  private WorkerLink newLink(long session, ByteString key) {
    return new WorkerLink(session, clockNs.getAsLong(), () -> opening.containsKey(key));
  }

  /** A stream says hello. On the loop; the listener hears what came of it. */
  public void open(WorkerStream stream, Hello hello, HelloListener listener) {
    OpenSession.Builder open =
        OpenSession.newBuilder()
            .setKey(hello.getSession())
            .setWorker(hello.getName() + "@" + hello.getHost() + ":" + hello.getPid())
            .putAllLabels(hello.getLabelsMap())
            .setSlots(WorkerLink.slots(hello))
            .setConnection(hello.getConnection())
            .addAllHeldIds(hello.getHeldIdsList())
            .addAllHeldTokens(hello.getHeldTokensList());
    ByteString key = hello.getSession();
    opening.merge(key, 1, Integer::sum);
    proposer.propose(
        Command.newBuilder().setOpenSession(open).build(),
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            proposer.execute(() -> opened(key));
            if (outcome instanceof Outcome.Opened opened) {
              WorkerLink link =
                  links.computeIfAbsent(opened.number(), number -> newLink(number, key));
              link.lastHeardNs = clockNs.getAsLong();
              link.tookNs = link.lastHeardNs;
              link.introduce(hello, link.lastHeardNs);
              link.holds(hello.getHeldIdsList());
              link.settled(opened.lostIds());
              link.attach(stream);
              listener.opened(new Handle(link, stream), opened);
              if (opened.resumed()) {
                tellCancelling(link, stream);
              }
              if (isOutdated(link, hello, opened.lostIds())) {
                stream.finish();
              }
              proposer.execute(() -> serve(link, hello, opened.lostIds()));
            } else if (outcome instanceof Outcome.Refused refused
                && refused.reason() != RefusalReason.REFUSAL_REASON_SESSION_EXPIRED) {
              listener.unavailable(refused.message());
            } else {
              listener.expired();
            }
          }

          @Override
          public void unknown(String why) {
            listener.unavailable(why);
            proposer.execute(() -> opened(key));
          }
        });
  }

  private void opened(ByteString key) {
    opening.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
  }

  /** What was called off while the worker was away, it hears now. The apply thread. */
  private void tellCancelling(WorkerLink link, WorkerStream stream) {
    applier
        .read(machine -> machine.attempts().cancelling(link.session))
        .forEach(attempt -> stream.stop(attempt.id(), attempt.token()));
  }

  /**
   * What the hello confirmed ended behind it in the same entry, before this stream could be told:
   * the worker has to say hello once more, or it would hold for ever what nobody waits for. The
   * apply thread.
   */
  private boolean isOutdated(WorkerLink link, Hello hello, List<Long> lostIds) {
    return hello.getHeldIdsCount() > lostIds.size()
        && applier.read(
            machine -> {
              for (int i = 0; i < hello.getHeldIdsCount(); i++) {
                long id = hello.getHeldIds(i);
                if (!machine.attempts().holds(link.session, id, hello.getHeldTokens(i))
                    && !lostIds.contains(id)) {
                  return true;
                }
              }
              return false;
            });
  }

  private void serve(WorkerLink link, Hello hello, List<Long> lostIds) {
    runs.holds(link.session, hello.getHeldIdsList());
    runs.ended(link.session, lostIds);
    dispatcher.leave(link);
    link.queueNames = List.copyOf(hello.getQueuesList());
    link.credit = hello.getCredit() - link.leasing;
    link.draining = false;
    WorkerStream stream = link.stream();
    if (link.drainAsked && stream != null) {
      tellToGo(link, stream);
    }
    dispatcher.join(link, hello.getQueuesList());
  }

  /**
   * A frame after the first. On the loop; {@code taken} runs when all of it is applied or refused.
   */
  private void frame(WorkerLink link, WorkerStream stream, WorkerFrame frame, Runnable taken) {
    tellStarted(link, frame.getStartedIdsList());
    link.started(frame.getStartedIdsList(), clockNs.getAsLong());
    runs.started(link.session, frame.getStartedIdsList(), frame.getStartedTokensList());
    runs.progress(link.session, frame.getProgressList());
    notes.note(link.session, frame);
    stacks.answered(link.session, frame.getStacksList());
    List<NumberedSettlement> settlements = frame.getSettlementsList();
    if (settlements.isEmpty()) {
      taken.run();
    } else {
      link.underWay.came(clockNs.getAsLong());
    }
    for (int i = 0; i < settlements.size(); i++) {
      boolean last = i == settlements.size() - 1;
      settle(link, stream, settlements.get(i), last ? taken : null);
    }
    // A late frame of the stream before: the hello has said already what it adds to the credit.
    if (link.stream() == stream) {
      link.credit += frame.getCredit();
    }
    if (frame.getDraining()) {
      link.draining = true;
    }
    if (frame.getGoodbye()) {
      close(link, false);
    } else {
      dispatcher.hungry(link);
    }
  }

  /** To those who listen: of what was not known to have started. */
  private void tellStarted(WorkerLink link, List<Long> ids) {
    if (ids.isEmpty() || !events.isHeard()) {
      return;
    }
    applier.read(
        machine -> {
          for (long id : ids) {
            Task task = link.hasStarted(id) ? null : machine.attempts().held(link.session, id);
            if (task != null) {
              events.started(task);
            }
          }
          return true;
        });
  }

  /**
   * @param taken of the last settlement of a frame; null: others follow
   */
  private void settle(
      WorkerLink link, WorkerStream stream, NumberedSettlement numbered, @Nullable Runnable taken) {
    Settlement settlement = numbered.getSettlement();
    Settle.Builder settle =
        Settle.newBuilder()
            .setSession(link.session)
            .setNumber(numbered.getNumber())
            .setSettlement(settlement);
    proposer.propose(
        Command.newBuilder().setSettle(settle).build(),
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            if (outcome instanceof Outcome.Settled settled) {
              link.settled(settlement, settled.refused());
              stream.settled(numbered.getNumber(), settled.refused());
            } else if (outcome instanceof Outcome.Refused refused
                && refused.reason() == RefusalReason.REFUSAL_REASON_SESSION_EXPIRED) {
              stream.expired();
            } else {
              // A settlement is missing before this one: the worker sends what is unsettled again
              // when it comes back.
              stream.finish();
            }
            if (taken != null) {
              link.underWay.ended(clockNs.getAsLong());
              taken.run();
            }
          }

          @Override
          public void unknown(String why) {
            if (taken != null) {
              link.underWay.ended(clockNs.getAsLong());
            }
            stream.finish();
          }
        });
    runs.settled(link.session, settlement);
  }

  private void ended(WorkerLink link, WorkerStream stream) {
    if (link.detach(stream) && !link.closing) {
      returnUnstarted(proposer, link);
    }
  }

  /**
   * What a session without a stream has been offered goes back, free of charge; unless its worker
   * is coming back: behind that hello in the log, this would take away what it has just confirmed.
   */
  static void returnUnstarted(Proposer proposer, WorkerLink link) {
    if (link.comingBack.getAsBoolean()) {
      return;
    }
    ReturnUnstarted.Builder back =
        ReturnUnstarted.newBuilder().setSession(link.session).addAllStartedIds(link.startedIds());
    proposer.propose(Command.newBuilder().setReturnUnstarted(back).build(), Reply.NONE);
  }

  private void close(WorkerLink link, boolean lost) {
    link.closing = true;
    long nowNs = clockNs.getAsLong();
    CloseSession.Builder close = CloseSession.newBuilder().setSession(link.session).setLost(lost);
    for (long id : link.startedIds()) {
      close.addStartedIds(id).addStartedRunUs(link.ranUs(id, nowNs));
    }
    proposer.propose(
        Command.newBuilder().setCloseSession(close).build(),
        new Reply() {
          @Override
          public void applied(Outcome outcome) {
            // The stream as it is now: the worker may have come back while this was on its way.
            WorkerStream stream = link.stream();
            if (stream != null && lost) {
              stream.expired();
            } else if (stream != null) {
              stream.finish();
            }
            proposer.execute(() -> forget(link));
          }

          @Override
          public void unknown(String why) {
            proposer.execute(() -> link.closing = false);
          }
        });
  }

  private void forget(WorkerLink link) {
    links.remove(link.session, link);
    dispatcher.leave(link);
    runs.closed(link.session);
  }

  /** A running task was called off. The apply thread. */
  public void stop(long session, long id, long token) {
    WorkerLink link = links.get(session);
    WorkerStream stream = link == null ? null : link.stream();
    if (stream != null) { // Else it is told when it comes back.
      stream.stop(id, token);
    }
  }

  /** These attempts overran: they are over, and the worker drops them. The apply thread. */
  public void lost(long session, List<Long> ids) {
    WorkerLink link = links.get(session);
    if (link == null) {
      return;
    }
    link.settled(ids);
    proposer.execute(() -> runs.ended(session, ids));
    WorkerStream stream = link.stream();
    if (stream != null) { // Else it hears of it when it comes back and says what it holds.
      stream.cancelled(ids);
    }
  }

  /** Asks a worker to finish and go; false: no such session. On the loop. */
  public boolean drain(long session) {
    return end(session, false);
  }

  /** Asks a worker to give back what it runs, and to go; false: no such session. On the loop. */
  public boolean kill(long session) {
    return end(session, true);
  }

  private boolean end(long session, boolean atOnce) {
    WorkerLink link = links.get(session);
    if (link == null || link.closing) {
      return false;
    }
    link.drainAsked = true;
    link.killAsked |= atOnce;
    WorkerStream stream = link.stream();
    if (stream != null) {
      tellToGo(link, stream);
    }
    return true;
  }

  private static void tellToGo(WorkerLink link, WorkerStream stream) {
    if (link.killAsked) {
      stream.kill();
    } else {
      stream.drain();
    }
  }

  /**
   * Asks who runs a task what its handler does now. On the loop, where the listener hears it, too.
   */
  public void stack(Attempts.Holder holder, StackRequests.Listener listener) {
    WorkerLink link = links.get(holder.session());
    WorkerStream stream = link == null ? null : link.stream();
    if (stream == null) {
      listener.silent(
          "worker "
              + holder.worker()
              + ", which runs it, is not connected now: it comes back, or its tasks go to others");
      return;
    }
    stacks.await(holder, listener);
    stream.stackWanted(holder.id());
  }

  /** All of them, in no order. Any thread. */
  Collection<WorkerLink> links() {
    return links.values();
  }

  /**
   * Ends the sessions that are silent for too long and the streams that take no frames for as long,
   * and tells the others that the master lives. On the loop, now and then.
   */
  public void tick() {
    long nowNs = clockNs.getAsLong();
    forgivePause(nowNs);
    stacks.tick(nowNs);
    boolean heartbeat = nowNs - heartbeatNs >= HEARTBEAT_NS;
    if (heartbeat) {
      heartbeatNs = nowNs;
    }
    for (WorkerLink link : links.values()) {
      WorkerStream stream = link.stream();
      if (stream == null || !stream.isStuck()) {
        link.tookNs = nowNs;
      }
      if (link.isHeldUp(nowNs)) {
        link.lastHeardNs = nowNs;
        runs.heldUp(link.session, nowNs);
      }
      if (!link.closing && nowNs - link.lastHeardNs > TIMEOUT_NS) {
        LOG.info(
            "worker session {} is silent for {} ms: lost", link.session, Limits.SESSION_TIMEOUT_MS);
        close(link, true);
      } else if (stream != null && nowNs - link.tookNs > TIMEOUT_NS) {
        // It says that it lives, but does not read: what it was offered must not wait for it.
        LOG.info(
            "worker session {} takes no frames for {} ms: its stream ends",
            link.session,
            Limits.SESSION_TIMEOUT_MS);
        link.tookNs = nowNs;
        stream.finish();
      } else if (heartbeat && stream != null) {
        stream.heartbeat();
      }
    }
  }

  /** While this master itself was paused it heard nobody: that silence is not the workers'. */
  private void forgivePause(long nowNs) {
    long pauseNs = nowNs - tickedNs;
    tickedNs = nowNs;
    if (pauseNs > PAUSE_NS) {
      for (WorkerLink link : links.values()) {
        link.lastHeardNs = nowNs;
        link.tookNs = nowNs;
      }
    }
  }

  /** True when the worker has said that it runs this task. Any thread. */
  public boolean hasStarted(long session, long taskId) {
    WorkerLink link = links.get(session);
    return link != null && link.hasStarted(taskId);
  }

  /** How long the worker has run this task, µs; 0: it has not started. Any thread. */
  public long ranUs(long session, long taskId) {
    WorkerLink link = links.get(session);
    return link == null ? 0 : link.ranUs(taskId, clockNs.getAsLong());
  }

  /** Workers with a stream that serve this queue. Any thread. */
  public int workers(String queue) {
    int count = 0;
    for (WorkerLink link : links.values()) {
      if (link.stream() != null && link.queueNames.contains(queue)) {
        count++;
      }
    }
    return count;
  }

  /** Told of a hello's outcome, on the apply thread. */
  public interface HelloListener {
    void opened(Handle handle, Outcome.Opened opened);

    /** The session ended; what it held belongs to others. */
    void expired();

    void unavailable(String why);
  }

  /** One stream of one session. Any thread. */
  public final class Handle {
    private final WorkerLink link;
    private final WorkerStream stream;

    private Handle(WorkerLink link, WorkerStream stream) {
      this.link = link;
      this.stream = stream;
    }

    /** A frame came; {@code taken} runs, on any thread, when the next one may come. */
    public void frame(WorkerFrame frame, Runnable taken) {
      link.lastHeardNs = clockNs.getAsLong();
      if (!frame.equals(WorkerFrame.getDefaultInstance())) {
        proposer.execute(() -> Sessions.this.frame(link, stream, frame, taken));
      } else {
        taken.run();
      }
    }

    /** The stream is over, whoever ended it. */
    public void ended() {
      proposer.execute(() -> Sessions.this.ended(link, stream));
    }
  }

  /** Everyone with a stream, for a clean stop. */
  public void forEachStream(Consumer<WorkerStream> visit) {
    for (WorkerLink link : links.values()) {
      WorkerStream stream = link.stream();
      if (stream != null) {
        visit.accept(stream);
      }
    }
  }
}
