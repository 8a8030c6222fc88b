package dev.muster.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.queue.Effects;
import dev.muster.master.queue.Generation;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.store.RocksStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What it costs to choose, lease and settle a task, by how many wait: the state machine and the
 * store of a master, without network and log. While it measures, as many tasks come as go; what
 * they cost to come is not counted, nor are flushes, which a master does on another thread.
 */
final class DispatchBench {
  /** Tasks that wait in the first step; ten times as many in each further one. */
  static final long FIRST_STEP = 1_000;

  /** Tasks of one lease, which are settled together. */
  static final int LEASE_TASKS = 100;

  private static final int FILL_TASKS = 1_000;
  private static final int OUTSTANDING_MAX = 16;
  private static final int PAYLOAD_BYTES = 100;

  /** As a master's. */
  private static final long GENERATION_BYTES = 64L << 20;

  private static final String QUEUE = "bench-dispatch";
  private static final TaskOptions OPTIONS =
      TaskOptions.newBuilder()
          .setHandler("answer")
          .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
          .build();

  private final Payloads payloads = new Payloads(PAYLOAD_BYTES);
  private final long waitingMax;
  private final int groups;
  private final long tasks;

  /**
   * @param waitingMax tasks that wait in the last step
   * @param groups among which they are spread; 0: none
   * @param tasks measured in each step; so many more that all leases are full
   */
  DispatchBench(long waitingMax, int groups, long tasks) {
    this.waitingMax = waitingMax;
    this.groups = groups;
    this.tasks = (tasks + LEASE_TASKS - 1) / LEASE_TASKS * LEASE_TASKS;
  }

  Map<String, Object> run() {
    Map<Long, Double> micros = new LinkedHashMap<>();
    // The first step warms up for all: it is measured again.
    step(FIRST_STEP);
    for (long waiting = FIRST_STEP; waiting < waitingMax; waiting *= 10) {
      micros.put(waiting, step(waiting));
    }
    micros.put(waitingMax, step(waitingMax));
    ProcessUsage used = ProcessUsage.ofThisProcess();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("scenario", "dispatch");
    map.put("lease_and_settle_us_by_waiting", micros);
    map.put("durable", "not at all: no log");
    map.put("batch", LEASE_TASKS);
    map.put("cpu_s", Stretch.thousandths(used.cpuMs() / 1e3));
    map.put("fsyncs", used.fsyncs());
    map.put("peak_rss_mb", used.peakRssMb());
    map.put("groups", groups);
    map.put("n", tasks);
    map.put("payload", PAYLOAD_BYTES);
    return map;
  }

  /** µs for each task. */
  private double step(long waiting) {
    Path directory = BenchDirectory.create();
    try (StateStore store = RocksStateStore.open(directory.resolve("state"))) {
      Machine machine = new Machine(store);
      for (long left = waiting; left > 0; left -= FILL_TASKS) {
        machine.enqueue((int) Math.min(left, FILL_TASKS));
      }
      machine.flush(); // What waits for long is in the store.
      machine.serve(tasks / 2);
      return Math.round(machine.serve(tasks) / 10.0 / tasks) / 100.0;
    } finally {
      BenchDirectory.delete(directory);
    }
  }

  /** A state machine, and what drives it: one entry for each command. */
  private final class Machine {
    private final StateStore store;
    private final QueueMachine machine;
    private final long session;
    private long index;
    private long settled;
    private long put;

    Machine(StateStore store) {
      this.store = store;
      this.machine = new QueueMachine(store, OUTSTANDING_MAX);
      ByteString key = ByteString.copyFrom(new byte[16]);
      Command open =
          Command.newBuilder()
              .setOpenSession(OpenSession.newBuilder().setKey(key).setWorker("bench"))
              .build();
      this.session = expect(Outcome.Opened.class, apply(open)).number();
    }

    void enqueue(int count) {
      EnqueueRequest.Builder request =
          EnqueueRequest.newBuilder().setQueue(QUEUE).setOptions(OPTIONS);
      for (int i = 0; i < count; i++) {
        request.addPayloads(UnsafeByteOperations.unsafeWrap(payloads.next()));
        if (groups > 0) {
          request.addGroups("group-" + put % groups);
        }
        put++;
      }
      expect(
          Outcome.Enqueued.class, apply(Command.newBuilder().setEnqueue(request.build()).build()));
    }

    /** Leases and settles so many, and adds as many; ns that leases and settlements took. */
    long serve(long count) {
      Command lease =
          Command.newBuilder()
              .setLease(Lease.newBuilder().setQueue(QUEUE).setSession(session).setMax(LEASE_TASKS))
              .build();
      long ns = 0;
      for (long left = count; left > 0; left -= LEASE_TASKS) {
        long start = System.nanoTime();
        Outcome.Leased leased = expect(Outcome.Leased.class, apply(lease));
        ns += System.nanoTime() - start;
        if (leased.count() != LEASE_TASKS) {
          throw new IllegalStateException(
              "expected a lease of " + LEASE_TASKS + " tasks, found one of " + leased.count());
        }
        Command settle = settlementOf(leased.offers());
        start = System.nanoTime();
        expect(Outcome.Settled.class, apply(settle));
        ns += System.nanoTime() - start;
        enqueue(LEASE_TASKS);
        if (machine.currentBytes() >= GENERATION_BYTES) {
          flush();
        }
      }
      return ns;
    }

    private Command settlementOf(List<Offer> offers) {
      List<Long> ids = new ArrayList<>(LEASE_TASKS);
      List<Long> tokens = new ArrayList<>(LEASE_TASKS);
      for (Offer offer : offers) {
        for (long id : offer.getIdsList()) {
          ids.add(id);
          tokens.add(offer.getToken());
        }
      }
      Settlement settlement =
          Settlement.newBuilder().addAllCompletedIds(ids).addAllCompletedTokens(tokens).build();
      return Command.newBuilder()
          .setSettle(
              Settle.newBuilder()
                  .setSession(session)
                  .setNumber(++settled)
                  .setSettlement(settlement))
          .build();
    }

    void flush() {
      Generation frozen = machine.roll();
      try (StateStore.Batch batch = store.newBatch()) {
        frozen.writeTo(batch);
        batch.commit();
      }
      machine.flushed();
    }

    private Outcome apply(Command command) {
      index++;
      machine.begin(index, index, Effects.NONE);
      Outcome outcome = machine.apply(command, index);
      machine.end(1, index);
      return outcome;
    }

    private static <T extends Outcome> T expect(Class<T> type, Outcome outcome) {
      if (!type.isInstance(outcome)) {
        throw new IllegalStateException("expected " + type.getSimpleName() + ", found " + outcome);
      }
      return type.cast(outcome);
    }
  }
}
