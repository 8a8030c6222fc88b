package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Settlement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One random history: machine and model side by side, compared after every step. */
final class SimulatedHistory {
  static final List<String> QUEUES = List.of("a", "b", "results");

  private final MemoryStateStore store = new MemoryStateStore();
  private final MachineRig rig = new MachineRig(store);
  private final ReferenceModel model = new ReferenceModel();
  private final RandomCommands commands = new RandomCommands(model);
  private final HistoryComparison comparison = new HistoryComparison(rig, model);
  private final List<Command> entry = new ArrayList<>();
  private final @Nullable List<String> told;

  /**
   * @param told gets what happens, for a person; null: nobody asks
   */
  SimulatedHistory(@Nullable List<String> told) {
    this.told = told;
  }

  /** Does what this number means now. */
  void step(long number) {
    Random random = new Random(number);
    int kind = random.nextInt(100);
    rig.clockMs += random.nextInt(4) == 0 ? random.nextInt(40) : 0;
    if (kind < 12) {
      maintain(random);
      return;
    }
    Command command = commands.next(kind, random);
    entry.add(command);
    if (random.nextInt(4) > 0) {
      applyEntry();
    }
  }

  private void maintain(Random random) {
    applyEntry();
    int kind = random.nextInt(12);
    if (kind < 3) {
      tell("roll");
      rig.roll();
    } else if (kind < 5) {
      tell("commit");
      rig.commit();
    } else if (kind < 7) {
      tell("flushed");
      rig.flushed();
    } else if (kind < 8) {
      tell("flush");
      rig.flush();
    } else if (kind < 10) {
      rig.clockMs += random.nextInt(2_000) - 500;
      tell("clock " + rig.clockMs);
    } else {
      tell("crash");
      rig.crash();
      comparison.all();
    }
  }

  /** Everything that is ready comes out in the end, in order; and again after a restart. */
  void finish() {
    applyEntry();
    comparison.tasks();
    rig.crash();
    comparison.tasks();
    rig.flush();
    rig.crash();
    comparison.all();
    comparison.tasks();
    List<String> drift = Recount.of(store).getDriftList();
    HistoryComparison.check(drift.isEmpty(), () -> "the recount finds " + drift);
    HistoryComparison.check(
        store.taskCount() == model.items.size() && store.placeCount() == model.items.size(),
        "the store has "
            + store.taskCount()
            + " tasks in "
            + store.placeCount()
            + " places, expected "
            + model.items.size());
    QUEUES.forEach(this::drain);
  }

  /** A worker that has everything runs whatever waits, as soon as it may. */
  private void drain(String queue) {
    ConfigureQueueRequest.Builder goOn = ConfigureQueueRequest.newBuilder().setQueue(queue);
    goOn.getSettingsBuilder().setPaused(false);
    entry.add(Command.newBuilder().setConfigureQueue(goOn).build());
    applyEntry();
    for (Map<String, String> labels :
        List.of(RandomCommands.LABELS.get(3), RandomCommands.LABELS.get(2))) {
      OpenSession.Builder worker =
          OpenSession.newBuilder()
              .setKey(ByteString.copyFromUtf8("drain-" + queue + labels))
              .putAllLabels(labels);
      entry.add(Command.newBuilder().setOpenSession(worker).build());
      applyEntry();
      long session = model.sequence;
      for (int left = 10_000; left > 0 && !isEmpty(queue); left--) {
        for (ReferenceItem item : List.copyOf(model.items.values())) {
          if (item.isLeased() && item.queue.name.equals(queue)) {
            giveUp(item);
          }
        }
        entry.add(RandomCommands.lease(queue, session, 7));
        applyEntry();
        ReferenceQueue known = model.queues.get(queue);
        if (known != null && known.leasedItems.isEmpty() && !waitForSupply(queue)) {
          break;
        }
      }
    }
    HistoryComparison.check(isEmpty(queue), "queue " + queue + " does not run empty");
  }

  /** Ends a lease by failure, so that it makes room and adds nothing. */
  private void giveUp(ReferenceItem item) {
    Settlement.Builder settlement =
        Settlement.newBuilder()
            .addFailed(FailedAttempt.newBuilder().setId(item.id).setToken(item.token));
    Settle.Builder settle = Settle.newBuilder().setSettlement(settlement).setSession(item.session);
    ReferenceModel.Session known = model.sessions.get(item.session);
    if (known != null) {
      settle.setNumber(known.settledUpto + 1);
    }
    entry.add(Command.newBuilder().setSettle(settle).build());
    applyEntry();
  }

  /**
   * Lets time pass until there is something to lease, as the machine says; false: time is no help.
   */
  private boolean waitForSupply(String queue) {
    Supply supply = comparison.supplies().get(queue);
    if (supply == null || supply.nextAtMs() == Long.MAX_VALUE) {
      return false;
    }
    rig.clockMs = Math.max(rig.clockMs, supply.nextAtMs());
    return true;
  }

  private boolean isEmpty(String queue) {
    ReferenceQueue known = model.queues.get(queue);
    return known == null || known.ready.isEmpty();
  }

  private void applyEntry() {
    if (entry.isEmpty()) {
      return;
    }
    List<Command> commands = List.copyOf(entry);
    entry.clear();
    model.begin(rig.clockMs);
    int finishedBefore = model.finished.size();
    List<Outcome> expected = new ArrayList<>();
    for (Command command : commands) {
      expected.add(model.apply(command, rig.index() + 1));
      if (told != null) {
        told.add(rig.index() + 1 + ": " + text(command));
      }
    }
    model.end();
    rig.finished.clear();
    List<Outcome> found = rig.apply(commands);
    for (int i = 0; i < commands.size(); i++) {
      if (told != null) {
        told.add("   came to " + text(found.get(i)));
      }
      if (!HistoryComparison.isSame(expected.get(i), found.get(i))) {
        HistoryComparison.check(
            false, "expected " + text(expected.get(i)) + ", found " + text(found.get(i)));
      }
      this.commands.note(commands.get(i), found.get(i));
    }
    HistoryComparison.check(
        rig.finished.equals(model.finished.subList(finishedBefore, model.finished.size())),
        "finished: " + rig.finished);
    comparison.all();
  }

  private void tell(String what) {
    if (told != null) {
      told.add(what);
    }
  }

  /** Without the payloads, which are large and say nothing. */
  private static String text(Command command) {
    Command.Builder shorter = command.toBuilder();
    if (command.hasEnqueue()) {
      int count = command.getEnqueue().getPayloadsCount();
      shorter.getEnqueueBuilder().clearPayloads();
      return oneLine(shorter) + " payloads: " + count;
    }
    if (command.hasSettle()) {
      shorter.getSettleBuilder().getSettlementBuilder().clearResults();
    }
    return oneLine(shorter);
  }

  private static String text(Outcome outcome) {
    if (outcome instanceof Outcome.Leased leased) {
      List<List<Long>> ids = leased.offers().stream().map(Offer::getIdsList).toList();
      return "Leased[" + leased.count() + ": " + ids + ", until " + leased.leaseUntilMs() + "]";
    }
    return outcome.toString().replace('\n', ' ');
  }

  private static String oneLine(Command.Builder command) {
    return command.toString().replaceAll("\\s+", " ");
  }
}
