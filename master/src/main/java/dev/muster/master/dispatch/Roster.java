package dev.muster.master.dispatch;

import com.carrotsearch.hppc.LongIntHashMap;
import dev.muster.master.queue.QueueMachine;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.WorkerInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/** Who works, and whether anybody can take a task. On the loop. */
public final class Roster {
  private final Sessions sessions;
  private final LongSupplier clockNs;

  /**
   * @param clockNs monotonic, ns
   */
  public Roster(Sessions sessions, LongSupplier clockNs) {
    this.sessions = sessions;
    this.clockNs = clockNs;
  }

  /**
   * Workers in order of session.
   *
   * @param queue only those that serve it; empty: all
   * @param after only sessions after this one
   */
  public List<WorkerInfo> list(QueueMachine machine, String queue, long after, int limit) {
    return infos(
        machine,
        sessions.links().stream()
            .filter(link -> Long.compareUnsigned(link.session, after) > 0)
            .filter(link -> queue.isEmpty() || link.queueNames.contains(queue))
            .sorted((one, other) -> Long.compareUnsigned(one.session, other.session))
            .limit(limit)
            .toList());
  }

  private List<WorkerInfo> infos(QueueMachine machine, List<WorkerLink> links) {
    LongIntHashMap offered = new LongIntHashMap();
    LongIntHashMap running = new LongIntHashMap();
    machine.leased(
        (queue, id, token, session, leaseUntilMs) -> {
          if (session != 0) {
            (sessions.hasStarted(session, id) ? running : offered).addTo(session, 1);
          }
        });
    long nowNs = clockNs.getAsLong();
    return links.stream()
        .map(
            link ->
                link.toInfo(machine.attempts().worker(link.session), nowNs)
                    .setOffered(offered.get(link.session))
                    .setRunning(running.get(link.session))
                    .build())
        .toList();
  }

  /**
   * Why nobody takes a task that is ready, as far as it is for want of workers; the first rule that
   * leaves none over says so. Empty: somebody can.
   */
  public List<Reason> explain(QueueMachine machine, TaskInfo task) {
    String queue = task.getQueue();
    TaskOptions options = task.getOptions();
    List<WorkerLink> serving =
        sessions.links().stream().filter(link -> link.queueNames.contains(queue)).toList();
    List<WorkerLink> connected = serving.stream().filter(link -> link.stream() != null).toList();
    if (connected.isEmpty()) {
      return List.of(
          reason(
              "NO_WORKER",
              "no worker is connected that serves queue "
                  + queue
                  + (serving.isEmpty()
                      ? ""
                      : "; " + serving.size() + " lost their streams and may come back")));
    }
    List<WorkerLink> willing =
        connected.stream().filter(link -> !link.draining && !link.drainAsked).toList();
    if (willing.isEmpty()) {
      return List.of(
          reason(
              "WORKERS_DRAIN",
              "all workers of queue " + queue + " drain and take no more: " + connected.size()));
    }
    return explainFit(machine, queue, options, willing);
  }

  private List<Reason> explainFit(
      QueueMachine machine, String queue, TaskOptions options, List<WorkerLink> willing) {
    Map<String, String> required = options.getRequiresMap();
    List<WorkerLink> labelled =
        willing.stream()
            .filter(link -> link.labels.entrySet().containsAll(required.entrySet()))
            .toList();
    if (labelled.isEmpty()) {
      return List.of(
          reason(
              "NO_WORKER_WITH_LABELS",
              "none of the "
                  + willing.size()
                  + " workers of queue "
                  + queue
                  + " has the labels "
                  + new TreeMap<>(required)));
    }
    int cost = Math.max(1, options.getCost());
    List<WorkerLink> large =
        labelled.stream().filter(link -> link.slots == 0 || link.slots >= cost).toList();
    if (large.isEmpty()) {
      return List.of(
          reason(
              "NO_WORKER_WITH_SLOTS",
              "it takes "
                  + cost
                  + " slots, and the largest of the "
                  + labelled.size()
                  + " workers that may run it has "
                  + labelled.stream().mapToInt(link -> link.slots).max().orElse(0)));
    }
    List<Reason> reasons = new ArrayList<>();
    if (large.stream().noneMatch(link -> link.credit >= cost)) {
      reasons.add(busy(machine, queue, cost, large));
    }
    String handler = options.getHandler();
    if (!handler.isEmpty()
        && large.stream().noneMatch(link -> link.hello.getHandlersList().contains(handler))) {
      reasons.add(
          reason(
              "NO_WORKER_WITH_HANDLER",
              "none of the "
                  + large.size()
                  + " workers that may run it names a handler "
                  + handler
                  + ": the one that takes it will fail it"));
    }
    return reasons;
  }

  private Reason busy(QueueMachine machine, String queue, int cost, List<WorkerLink> fit) {
    int slots = 0;
    int running = 0;
    int offered = 0;
    long free = 0;
    for (WorkerInfo worker : infos(machine, fit)) {
      slots += worker.getSlots();
      running += worker.getRunning();
      offered += worker.getOffered();
      free = Math.max(free, worker.getCredit());
    }
    return reason(
        "WORKERS_BUSY",
        "all workers that may run it are busy: "
            + fit.size()
            + " workers of queue "
            + queue
            + " with "
            + slots
            + " slots run "
            + running
            + " tasks and were offered "
            + offered
            + " more; it takes "
            + cost
            + ", and the freest has "
            + free);
  }

  private static Reason reason(String rule, String message) {
    return Reason.newBuilder().setRule(rule).setMessage(message).build();
  }
}
