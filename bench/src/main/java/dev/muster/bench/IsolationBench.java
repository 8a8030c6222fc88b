package dev.muster.bench;

import dev.muster.client.EnqueueStream;
import dev.muster.client.Muster;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codecs;
import dev.muster.worker.Isolation;
import dev.muster.worker.Worker;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a task costs its worker, by where handlers run: one slot, and all tasks put before the
 * worker starts. A handler answers with the clock, which is the same in all processes of a machine;
 * the figures are the times from one task to the next.
 */
final class IsolationBench {
  private static final String HANDLER = "clock";
  private static final int PREFETCH = 2_000;
  private static final long STALLED_S = 120;

  private final int tasks;

  /**
   * @param tasks of each kind; the first half warms up
   */
  IsolationBench(int tasks) {
    this.tasks = tasks;
  }

  Map<String, Object> run() {
    try (MasterProcess master = MasterProcess.start(false, List.of())) {
      ConnectOptions connect = master.connect();
      Stretch stretch = Stretch.begin(master);
      long start = System.nanoTime();
      long[] threads = gaps(connect, Isolation.THREAD);
      long[] processes = gaps(connect, Isolation.PROCESS);
      awaitHandlersEnd(master);
      Stretch.Figures used = stretch.end(2L * tasks, System.nanoTime() - start);
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("scenario", "isolation");
      map.put("thread_median_us", micros(threads, 0.5));
      map.put("process_median_us", micros(processes, 0.5));
      map.put("process_p99_us", micros(processes, 0.99));
      map.put("cost_median_us", Math.round(micros(processes, 0.5) - micros(threads, 0.5)));
      map.putAll(used.toMap());
      map.put("tasks", tasks);
      map.put("credit", PREFETCH);
      map.put("tls", false);
      return map;
    }
  }

  /** Only then is known what the handlers' processes took, which end after their worker. */
  private static void awaitHandlersEnd(MasterProcess master) {
    ProcessHandle.current()
        .children()
        .filter(process -> !master.is(process))
        .map(process -> process.onExit().completeOnTimeout(process, STALLED_S, TimeUnit.SECONDS))
        .forEach(CompletableFuture::join);
  }

  /** Sorted, ns. */
  private long[] gaps(ConnectOptions connect, Isolation isolation) {
    String queue = "bench-" + isolation.name().toLowerCase(Locale.ROOT);
    long[] times = new long[tasks];
    AtomicInteger count = new AtomicInteger();
    CountDownLatch all = new CountDownLatch(tasks);
    try (Muster muster = Muster.connect(connect);
        Worker collector =
            Worker.connect(connect)
                .queue(queue + "-results")
                .consume(
                    Long.class,
                    time -> {
                      times[count.getAndIncrement()] = time;
                      all.countDown();
                    })
                .prefetch(PREFETCH)
                .start()) {
      try (EnqueueStream<Integer> stream =
          muster
              .tasks(queue, Codecs.json(Integer.class))
              .handler(HANDLER)
              .resultsTo(queue + "-results")
              .stream()) {
        for (int i = 0; i < tasks; i++) {
          stream.add(i);
        }
      }
      try (Worker worker =
          Worker.connect(connect)
              .queue(queue)
              .handler(new ClockHandler())
              .isolation(isolation)
              .prefetch(PREFETCH)
              .start()) {
        if (!all.await(STALLED_S, TimeUnit.SECONDS)) {
          throw new MusterException(
              "after " + STALLED_S + " s " + all.getCount() + " results are missing");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted", e);
    }
    Arrays.sort(times);
    long[] gaps = new long[tasks / 2];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = times[tasks - 1 - i] - times[tasks - 2 - i];
    }
    Arrays.sort(gaps);
    return gaps;
  }

  private static double micros(long[] sortedNs, double quantile) {
    return Math.round(sortedNs[(int) (sortedNs.length * quantile)] / 100.0) / 10.0;
  }
}
