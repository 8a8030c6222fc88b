package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.cli.FlakyProxy.Way;
import dev.muster.client.Muster;
import dev.muster.client.TaskQueue;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.worker.Worker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker, and a producer that awaits its results, behind a network that delays, stalls, forgets
 * and cuts connections, while the master restarts: after each fault work goes on by itself, and in
 * the end every task is done as counted.
 */
@Timeout(400)
final class FlakyNetworkIT {
  private static final String QUEUE = "flaky";
  private static final int BETWEEN_TASKS_MS = 20;
  private static final int CUTS = 5;

  @TempDir Path folder;

  private final BlockingQueue<String> notices = new LinkedBlockingQueue<>();
  private final AtomicInteger runs = new AtomicInteger();
  private final Set<Integer> results = ConcurrentHashMap.newKeySet();
  private final AtomicInteger latest = new AtomicInteger();
  private final AtomicInteger sent = new AtomicInteger();
  private volatile boolean over;

  @Test
  void shouldWorkOnAfterEveryFaultOfTheNetwork() throws Exception {
    String key = MasterProcess.newKey();
    MasterProcess master = MasterProcess.start(folder.resolve("data"), key);
    try (FlakyProxy workerWay = new FlakyProxy(master.port());
        FlakyProxy producerWay = new FlakyProxy(master.port());
        Muster muster = Muster.connect(producerWay.address(), AuthKey.of(key));
        Worker worker =
            Worker.connect(workerWay.address(), AuthKey.of(key))
                .queue(QUEUE)
                .slots(4)
                .prefetch(4)
                .onNotice(notices::add)
                .handle("note", Integer.class, this::note)
                .start()) {
      Thread load = new Thread(() -> send(muster), "load");
      load.start();
      awaitProgress("at first");

      workerWay.delay(Duration.ofMillis(50));
      producerWay.delay(Duration.ofMillis(50));
      awaitProgress("with delays");
      assertThat(workerWay.delayed()).isPositive();
      workerWay.flow();
      producerWay.flow();

      // half-open connections: each side must find out by itself
      workerWay.freeze();
      producerWay.freeze();
      awaitProgress("on new connections, when the old ones are dead");
      assertThat(workerWay.heldBack()).isPositive();
      assertThat(producerWay.heldBack()).isPositive();

      for (Way way : Way.values()) {
        notices.clear();
        workerWay.stall(way);
        producerWay.stall(way);
        awaitNotice("keeps trying");
        workerWay.flow();
        producerWay.flow();
        awaitProgress("after a stall " + way);
      }

      for (int i = 0; i < CUTS; i++) {
        int cuts = workerWay.cuts() + producerWay.cuts();
        workerWay.cutWithinTheNextBytes();
        producerWay.cutWithinTheNextBytes();
        FeatureRig.until("cut", () -> workerWay.cuts() + producerWay.cuts() >= cuts + 2);
        awaitProgress("after a cut");
      }

      workerWay.delay(Duration.ofMillis(20));
      master.process().kill();
      master = MasterProcess.start(folder.resolve("data"), key, master.port());
      awaitProgress("after a restart of the master");

      over = true;
      load.join();
      int all = sent.get();
      FeatureRig.until("all results have come", () -> results.size() == all);
      QueueInfo queue = muster.queue(QUEUE).orElseThrow();
      System.out.printf(
          "flaky network: %d tasks, %d results, %d runs, %d crashes, %d given back, %d connections"
              + " cut, %d times held back, %d delayed%n",
          all,
          results.size(),
          runs.get(),
          queue.getCrashes(),
          queue.getReturns(),
          workerWay.cuts() + producerWay.cuts(),
          workerWay.heldBack() + producerWay.heldBack(),
          workerWay.delayed() + producerWay.delayed());
      assertThat(queue.getEnqueued()).isEqualTo(all);
      assertThat(queue.getSucceeded()).isEqualTo(all);
      assertThat(queue.getFailed()).isZero();
      assertThat(runs.get()).isGreaterThanOrEqualTo(all);
      CommandRun verify = master.run("verify");
      assertThat(verify.exitCode()).as(verify.out()).isZero();
    } finally {
      over = true;
      master.close();
    }
  }

  private int note(int n) {
    runs.incrementAndGet();
    return n;
  }

  private void send(Muster muster) {
    TaskQueue<Integer> tasks = muster.tasks(QUEUE, Integer.class).handler("note");
    while (!over) {
      var unused =
          tasks
              .enqueueAsync(sent.incrementAndGet())
              .thenCompose(id -> tasks.result(id, Integer.class))
              .thenAccept(
                  n -> {
                    results.add(n);
                    latest.accumulateAndGet(n, Math::max);
                  });
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(BETWEEN_TASKS_MS));
    }
  }

  /** Waits for the result of a task that was put after now. */
  private void awaitProgress(String when) {
    int now = sent.get();
    long startNanos = System.nanoTime();
    FeatureRig.until("results come " + when, () -> latest.get() > now + 10);
    System.out.printf(
        "results came %s within %d ms%n",
        when, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
  }

  private void awaitNotice(String part) throws InterruptedException {
    String notice = "";
    while (!notice.contains(part)) {
      notice = notices.poll(FeatureRig.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(notice).as("the worker says: " + part).isNotNull();
    }
  }
}
