package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.UniqueScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What kinds of tasks there are. */
final class Workload {
  static final String PLAIN = "plain";
  static final String SMALL = "small";
  static final String RESULTS = "results";

  /** It drops its oldest when it is full. */
  static final String DROPS = "drops";

  /** No task takes more of a worker's slots. */
  static final int COST_MAX = 4;

  static final int SMALL_LENGTH = 5;

  /** Nobody configures these: they are there when the first task follows into them. */
  static final List<String> NEW = List.of("new0", "new1");

  /** Tasks that follow from tasks that follow, and so on, at most. */
  private static final int GENERATIONS = 2;

  private static final RetryPolicy RETRY =
      RetryPolicy.newBuilder()
          .setMaxAttempts(3)
          .setBackoffMinMs(100)
          .setBackoffMaxMs(2_000)
          .build();

  private static final List<TaskOptions> OPTIONS =
      List.of(
          TaskOptions.newBuilder().setHandler("keep").build(),
          TaskOptions.newBuilder()
              .setHandler("queue")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
              .setResultQueue(RESULTS)
              .build(),
          TaskOptions.newBuilder()
              .setHandler("drop")
              .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
              .build());

  private final World world;
  private final Ledger ledger;

  /** Everything is first in, first out. */
  private final boolean calm;

  Workload(World world, Ledger ledger, boolean calm) {
    this.world = world;
    this.ledger = ledger;
    this.calm = calm;
  }

  EnqueueRequest.Builder plain() {
    return EnqueueRequest.newBuilder()
        .setQueue(PLAIN)
        .setOptions(OPTIONS.get(world.roll(OPTIONS.size())));
  }

  /** Tasks of any kind. */
  void enqueue(SimulatedProducer producer) {
    boolean small = world.percent(25);
    EnqueueRequest.Builder request = plain().setQueue(small ? eitherSmall() : PLAIN);
    if (small) {
      request.setWaitMs(world.roll(3) * 500);
    }
    if (!calm && world.percent(15)) {
      request.setDelayMs(1 + world.roll(3_000));
    }
    if (!calm) {
      request.setOptions(varied(request.getOptions()));
    }
    if (!calm && world.percent(8)) {
      request.getOptionsBuilder().setTtlMs(1 + world.roll(3_000));
    }
    int count = 1 + world.roll(small ? SMALL_LENGTH : 10);
    if (!calm && request.getDelayMs() == 0 && world.percent(20)) {
      giveGroups(request, count);
    } else if (!calm && world.percent(20)) {
      request.getOptionsBuilder().setPriority(world.roll(10));
    }
    if (!calm && world.percent(20)) {
      for (int i = 0; i < count; i++) {
        request.addTenants("t" + world.roll(3));
      }
    }
    if (world.percent(20)) {
      count = Math.min(count, 4);
      giveKeys(request, count);
    }
    producer.enqueue(request, count);
  }

  private String eitherSmall() {
    return !calm && world.percent(50) ? DROPS : SMALL;
  }

  /** With another attempt after a failure, limits to each attempt, demands on workers, or not. */
  private TaskOptions varied(TaskOptions plain) {
    TaskOptions.Builder options = plain.toBuilder();
    if (world.percent(30)) {
      options.setRetry(RETRY);
    }
    switch (world.roll(8)) {
      case 0 -> options.setRunLimitMs(100 + world.roll(1_500));
      case 1 -> options.setProgressTimeoutMs(1_000 + world.roll(5_000));
      default -> {}
    }
    if (world.percent(10)) {
      options.setCost(1 + world.roll(COST_MAX));
    }
    if (world.percent(10)) {
      options.putRequires("zone", world.percent(50) ? "a" : "b");
    }
    if (world.percent(4)) {
      options.putRequires("disk", "fast");
    }
    return options.build();
  }

  /** Of each group one runs at a time, tried again or not; mostly they stand in one line. */
  private void giveGroups(EnqueueRequest.Builder request, int count) {
    if (world.percent(20)) {
      request.getOptionsBuilder().setPriority(world.roll(2));
    }
    for (int i = 0; i < count; i++) {
      request.addGroups("g" + world.roll(2));
    }
  }

  /** Some of them are unique. */
  private void giveKeys(EnqueueRequest.Builder request, int count) {
    request.clearGroups().clearTenants();
    request.setUniqueScope(UniqueScope.forNumber(world.roll(3)));
    // A key means one thing: it holds for a time, or until its task has ended.
    boolean timed = world.percent(30);
    if (timed) {
      request.setUniqueForMs(1 + world.roll(4_000));
    }
    int first = world.roll(4);
    for (int i = 0; i < count; i++) {
      boolean unique = world.percent(80);
      request.addUniqueKeys(unique ? (timed ? "time" : "life") + (first + i) % 4 : "");
    }
  }

  /** Tasks that come after some that are there. */
  void join(SimulatedProducer producer, List<LedgerEntry> some) {
    List<Long> first =
        some.stream().filter(LedgerEntry::keeps).map(entry -> entry.id).distinct().toList();
    if (!calm && !first.isEmpty()) {
      EnqueueRequest.Builder request =
          plain().addAllAfterIds(first).setOnFailure(eitherOnFailure());
      request.setOptions(varied(request.getOptions()));
      producer.enqueue(request, 1 + world.roll(3));
    }
  }

  private OnFailure eitherOnFailure() {
    return world.percent(50) ? OnFailure.ON_FAILURE_RUN : OnFailure.ON_FAILURE_CANCEL;
  }

  /** Tasks that come after each other. */
  void graph(SimulatedProducer producer) {
    if (calm) {
      return;
    }
    GraphRequest.Builder request = GraphRequest.newBuilder();
    OPTIONS.forEach(options -> request.addOptions(varied(options)));
    int count = 2 + world.roll(5);
    // Either way: what comes first need not be named first.
    boolean backwards = world.percent(30);
    for (int i = 0; i < count; i++) {
      GraphNode.Builder node =
          GraphNode.newBuilder()
              .setQueue(world.percent(20) ? eitherSmall() : PLAIN)
              .setOptions(world.roll(OPTIONS.size()))
              .setOnFailure(eitherOnFailure());
      for (int j = 0; j < count; j++) {
        if (j != i && (backwards ? j > i : j < i) && world.percent(40)) {
          node.addAfter(j);
        }
      }
      if (world.percent(15)) {
        node.setDelayMs(1 + world.roll(2_000));
      }
      request.addNodes(node);
    }
    producer.graph(request);
  }

  /** What this attempt of a task enqueues when it completes: mostly nothing. */
  Optional<FollowUp> followUp(LedgerEntry parent, long token) {
    int generation = 0;
    for (LedgerEntry at = parent; at != null; at = at.parent) {
      generation++;
    }
    if (generation > GENERATIONS || !world.percent(calm ? 5 : 15)) {
      return Optional.empty();
    }
    EnqueueRequest.Builder request = plain().setQueue(world.percent(25) ? eitherSmall() : PLAIN);
    int count = 1 + world.roll(3);
    if (world.faulty) {
      if (world.percent(15)) {
        request.setQueue(NEW.get(world.roll(NEW.size())));
      }
      request.setOptions(varied(request.getOptions()));
      switch (world.roll(8)) {
        case 0 -> request.setDelayMs(1 + world.roll(1_000));
        case 1 -> request.addAfterIds(parent.id).setOnFailure(eitherOnFailure());
        case 2 -> giveKeys(request, count);
        default -> {}
      }
    }
    List<LedgerEntry> asked = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = "of" + parent.id + "." + token + "." + i;
      request.addPayloads(ByteString.copyFromUtf8(name));
      LedgerEntry entry = ledger.asks(name, request.build(), i);
      entry.parent = parent;
      entry.parentToken = token;
      asked.add(entry);
    }
    parent.followUps.put(token, asked);
    return Optional.of(
        FollowUp.newBuilder().setId(parent.id).setToken(token).setTasks(request).build());
  }
}
