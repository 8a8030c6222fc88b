package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import dev.muster.master.log.v1.Command;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What a whole life costs the state machine, in bytes allocated and in operations of the store:
 * what can be counted, and so does not depend on the machine. A life is put, leased, settled with a
 * result, and its result leased and settled.
 */
final class LifeCostTest {
  private static final int BATCH = 500;
  private static final int TENANTS = 100;

  /** Measured: 617, most of it the two objects of task and result. */
  private static final long BYTES_MAX = 800;

  /** Measured: 662; tasks of a request share their keys. */
  private static final long RULED_BYTES_MAX = 780;

  /** What is kept of a task that the store has yet to forget. */
  private static final long GONE_BYTES_MAX = 64;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final StateStore store = new MemoryStateStore();
  private final QueueMachine machine = new QueueMachine(store, 16);
  private long index;
  private long settled;
  private long session;
  private long bytes;
  private int round;

  /** Only what apply allocates counts. */
  private Outcome apply(Command command) {
    index++;
    long before = THREADS.getCurrentThreadAllocatedBytes();
    machine.begin(index, index, Effects.NONE);
    Outcome outcome = machine.apply(command, index);
    machine.end(1, index);
    bytes += THREADS.getCurrentThreadAllocatedBytes() - before;
    return outcome;
  }

  private void live() {
    apply(Commands.enqueue(request(Commands.resultsTo("results"))));
    settle("tasks");
    settle("results");
  }

  private static EnqueueRequest.Builder request(TaskOptions options) {
    EnqueueRequest.Builder request =
        EnqueueRequest.newBuilder().setQueue("tasks").setOptions(options);
    for (int i = 0; i < BATCH; i++) {
      request.addPayloads(ByteString.copyFrom(new byte[100]));
    }
    return request;
  }

  /** As {@link #live}, with every rule, for tenants that always have something leased. */
  private void liveByRules() {
    TaskOptions.Builder options = Commands.resultsTo("results").toBuilder();
    EnqueueRequest.Builder request =
        request(options.setPriority(round++ % 10).setTtlMs(3_600_000).build());
    for (int i = 0; i < BATCH; i++) {
      request.addTenants("tenant-" + i % TENANTS);
    }
    apply(Command.newBuilder().setEnqueue(SharedKeys.sayOnce(request.build())).build());
    settle("tasks");
    settle("results");
  }

  private void setRules() {
    Rate rate = Rate.newBuilder().setCount(1_000_000).setBurst(1_000_000).build();
    QueueSettings.Builder settings =
        QueueSettings.newBuilder()
            .setConcurrency(1_000_000)
            .setRate(rate)
            .setTenantConcurrency(1_000_000)
            .setTenantRate(rate)
            .setAgeingMs(60_000);
    apply(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder().setQueue("tasks").setSettings(settings))
            .build());
    EnqueueRequest.Builder request =
        EnqueueRequest.newBuilder().setQueue("tasks").setOptions(Commands.resultsTo("results"));
    for (int i = 0; i < TENANTS; i++) {
      request.addPayloads(ByteString.EMPTY).addTenants("tenant-" + i);
    }
    apply(Commands.enqueue(request));
    lease("tasks", TENANTS);
  }

  private Outcome.Leased lease(String queue, int count) {
    Outcome.Leased leased = (Outcome.Leased) apply(Commands.lease(queue, session, count));
    assertThat(leased.count()).isEqualTo(count);
    return leased;
  }

  private void settle(String queue) {
    Outcome.Leased leased = lease(queue, BATCH);
    Settlement.Builder settlement = Settlement.newBuilder();
    for (Offer offer : leased.offers()) {
      for (long id : offer.getIdsList()) {
        settlement
            .addCompletedIds(id)
            .addCompletedTokens(offer.getToken())
            .addResults(ByteString.copyFrom(new byte[16]))
            .addCompletedRunUs(3);
      }
    }
    apply(Commands.settle(session, ++settled, settlement));
  }

  private void open() {
    session = ((Outcome.Opened) apply(Commands.open("worker"))).number();
  }

  @Test
  void shouldAllocateLittleForALife() {
    open();
    for (int i = 0; i < 100; i++) {
      live();
    }
    bytes = 0;
    for (int i = 0; i < 20; i++) {
      live();
    }
    assertThat(bytes / (20 * BATCH)).as("bytes for a life").isLessThan(BYTES_MAX);
  }

  @Test
  void shouldWriteNothingOfALifeThatEndsWithinAGeneration() {
    open();
    live();
    flush();
    live();
    int small = flush().values().stream().mapToInt(Integer::intValue).sum();
    for (int i = 0; i < 10; i++) {
      live();
    }
    Map<String, Integer> written = flush();
    assertThat(written).doesNotContainKeys("putTask", "deleteTasks", "putPlace", "deletePlaces");
    assertThat(written.values().stream().mapToInt(Integer::intValue).sum())
        .as("operations of the store, whatever number of tasks lived: %s", written)
        .isEqualTo(small);
  }

  @Test
  void shouldAllocateLittleForALifeWithEveryRule() {
    open();
    setRules();
    for (int i = 0; i < 100; i++) {
      liveByRules();
    }
    bytes = 0;
    for (int i = 0; i < 20; i++) {
      liveByRules();
    }
    assertThat(bytes / (20 * BATCH)).as("bytes for a life").isLessThan(RULED_BYTES_MAX);
  }

  @Test
  void shouldKeepTheLinesOfTenantsThatAreBeingServed() {
    open();
    setRules();
    for (int i = 0; i < 10; i++) {
      liveByRules();
    }
    flush();
    liveByRules();
    Map<String, Integer> written = flush();
    assertThat(written).doesNotContainKeys("putTask", "deleteTasks", "delete");
    for (int i = 0; i < 9; i++) {
      liveByRules();
    }
    assertThat(flush()).doesNotContainKeys("putTask", "deleteTasks", "delete");
  }

  @Test
  void shouldWriteATaskThatWaitsOnce() {
    open();
    live();
    flush();
    apply(Commands.enqueue("tasks", TaskOptions.getDefaultInstance(), BATCH));
    Map<String, Integer> written = flush();
    assertThat(written).containsEntry("putTask", BATCH).containsEntry("putPlace", BATCH);
  }

  @Test
  void shouldDeleteTasksThatCameTogetherAsOne() {
    open();
    apply(Commands.enqueue(request(Commands.resultsTo("results"))));
    flush();
    settle("tasks");
    settle("results");
    assertThat(machine.currentBytes()).as("bytes that wait").isLessThan(BATCH * GONE_BYTES_MAX);
    assertThat(flush())
        .containsEntry("deleteTasks", 1)
        .containsEntry("deletePlaces", 1)
        .doesNotContainKeys("putTask", "putPlace");
    assertThat(store.task(2)).isNull();
  }

  /** Writes what changed; how often each operation was called. */
  private Map<String, Integer> flush() {
    Map<String, Integer> calls = new HashMap<>();
    Generation frozen = machine.roll();
    try (StateStore.Batch batch = store.newBatch()) {
      StateStore.Batch counted =
          (StateStore.Batch)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {StateStore.Batch.class},
                  (proxy, method, arguments) -> {
                    calls.merge(method.getName(), 1, Integer::sum);
                    return method.invoke(batch, arguments);
                  });
      frozen.writeTo(counted);
      batch.commit();
    }
    machine.flushed();
    List.of("commit", "close").forEach(calls::remove);
    return calls;
  }
}
