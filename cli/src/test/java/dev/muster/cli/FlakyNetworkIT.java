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
import java.util.List;
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
 * Workers, each with a producer that awaits its results, behind networks that delay, stall, forget
 * and cut connections, while the master restarts: after each fault work goes on by itself, and in
 * the end every task is done as counted.
 */
@Timeout(400)
final class FlakyNetworkIT {
  private static final int BETWEEN_TASKS_MS = 20;
  private static final int CUTS = 3;

  @TempDir Path folder;

  @Test
  void shouldWorkOnAfterEveryFaultOfTheNetwork() throws Exception {
    String key = MasterProcess.newKey();
    MasterProcess master = MasterProcess.start(folder.resolve("data"), key);
    // What each must find out by itself takes long: they do so at the same time.
    try (Site frozen = new Site("frozen", master.port(), key);
        Site mute = new Site("mute", master.port(), key);
        Site deaf = new Site("deaf", master.port(), key)) {
      List<Site> sites = List.of(frozen, mute, deaf);
      for (Site site : sites) {
        site.awaitProgress("at first");
      }

      // half-open connections
      frozen.workerWay.freeze();
      frozen.producerWay.freeze();
      mute.stall(Way.TO_MASTER);
      deaf.stall(Way.FROM_MASTER);
      mute.flowAfterNotice();
      deaf.flowAfterNotice();
      frozen.awaitProgress("on new connections, when the old ones are dead");
      assertThat(frozen.workerWay.heldBack()).isPositive();
      assertThat(frozen.producerWay.heldBack()).isPositive();

      for (Site site : sites) {
        site.workerWay.delay(Duration.ofMillis(50));
        site.producerWay.delay(Duration.ofMillis(50));
        site.awaitProgress("with delays");
        assertThat(site.workerWay.delayed()).isPositive();
        site.flow();
      }

      for (int i = 0; i < CUTS; i++) {
        for (Site site : sites) {
          site.cut();
        }
      }

      frozen.workerWay.delay(Duration.ofMillis(20));
      master.process().kill();
      master = MasterProcess.start(folder.resolve("data"), key, master.port());
      for (Site site : sites) {
        site.awaitProgress("after a restart of the master");
      }

      for (Site site : sites) {
        site.assertAllIsDoneAsCounted();
      }
      CommandRun verify = master.run("verify");
      assertThat(verify.exitCode()).as(verify.out()).isZero();
    } finally {
      master.close();
    }
  }

  /** A worker and a producer with a queue of their own, each behind a network of its own. */
  private static final class Site implements AutoCloseable {
    private final String queue;
    private final FlakyProxy workerWay;
    private final FlakyProxy producerWay;
    private final Muster muster;
    private final Worker worker;
    private final Thread load = new Thread(this::send, "load");
    private final BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    private final AtomicInteger runs = new AtomicInteger();
    private final Set<Integer> results = ConcurrentHashMap.newKeySet();
    private final AtomicInteger latest = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();
    private volatile boolean over;

    Site(String queue, int masterPort, String key) {
      this.queue = queue;
      workerWay = new FlakyProxy(masterPort);
      producerWay = new FlakyProxy(masterPort);
      muster = Muster.connect(producerWay.address(), AuthKey.of(key));
      worker =
          Worker.connect(workerWay.address(), AuthKey.of(key))
              .queue(queue)
              .slots(4)
              .prefetch(4)
              .onNotice(notices::add)
              .handle("note", Integer.class, this::note)
              .start();
      load.start();
    }

    private int note(int n) {
      runs.incrementAndGet();
      return n;
    }

    private void send() {
      TaskQueue<Integer> tasks = muster.tasks(queue, Integer.class).handler("note");
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

    void stall(Way way) {
      notices.clear();
      workerWay.stall(way);
      producerWay.stall(way);
    }

    void flow() {
      workerWay.flow();
      producerWay.flow();
    }

    /** Ends a stall when the worker has noticed it. */
    void flowAfterNotice() throws InterruptedException {
      awaitNotice("keeps trying");
      flow();
      awaitProgress("after a stall");
    }

    void cut() {
      int cuts = workerWay.cuts() + producerWay.cuts();
      workerWay.cutWithinTheNextBytes();
      producerWay.cutWithinTheNextBytes();
      FeatureRig.until("cut", () -> workerWay.cuts() + producerWay.cuts() >= cuts + 2);
      awaitProgress("after a cut");
    }

    /** Waits for the result of a task that was put after now. */
    void awaitProgress(String when) {
      int now = sent.get();
      long startNanos = System.nanoTime();
      FeatureRig.until(queue + ": results come " + when, () -> latest.get() > now + 10);
      System.out.printf(
          "%s: results came %s within %d ms%n",
          queue, when, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
    }

    private void awaitNotice(String part) throws InterruptedException {
      String notice = "";
      while (!notice.contains(part)) {
        notice = notices.poll(FeatureRig.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(notice).as("the worker of " + queue + " says: " + part).isNotNull();
      }
    }

    void assertAllIsDoneAsCounted() throws InterruptedException {
      over = true;
      load.join();
      int all = sent.get();
      FeatureRig.until("all results have come", () -> results.size() == all);
      QueueInfo counted = muster.queue(queue).orElseThrow();
      System.out.printf(
          "flaky network, %s: %d tasks, %d results, %d runs, %d crashes, %d given back,"
              + " %d connections cut, %d times held back, %d delayed%n",
          queue,
          all,
          results.size(),
          runs.get(),
          counted.getCrashes(),
          counted.getReturns(),
          workerWay.cuts() + producerWay.cuts(),
          workerWay.heldBack() + producerWay.heldBack(),
          workerWay.delayed() + producerWay.delayed());
      assertThat(counted.getEnqueued()).isEqualTo(all);
      assertThat(counted.getSucceeded()).isEqualTo(all);
      assertThat(counted.getFailed()).isZero();
      assertThat(runs.get()).isGreaterThanOrEqualTo(all);
    }

    @Override
    public void close() {
      over = true;
      worker.close();
      muster.close();
      producerWay.close();
      workerWay.close();
    }
  }
}
