package dev.muster.bench;

import dev.muster.client.EnqueueStream;
import dev.muster.client.Muster;
import dev.muster.client.TaskKeys;
import dev.muster.client.TaskQueue;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codecs;
import dev.muster.worker.Worker;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Whole lives of tasks: put acknowledged durable → taken → result put and task acknowledged durable
 * → result taken and acknowledged. A producer puts as fast as the master takes, workers run a
 * handler that only answers, and a collector takes the results; clock from the first put to the
 * last result.
 */
final class LifecycleBench {
  private static final String TASKS = "bench-tasks";
  private static final String RESULTS = "bench-results";
  private static final String HANDLER = "answer";
  private static final long STALLED_S = 120;
  private static final long PAUSE_NS = TimeUnit.SECONDS.toNanos(1);

  private final LifecycleOptions options;

  LifecycleBench(LifecycleOptions options) {
    this.options = options;
  }

  LifecycleFigures run() {
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions())) {
      ConnectOptions connect =
          ConnectOptions.to(master.address(), master.key()).withPlaintext(!options.tls());
      AtomicLong collected = new AtomicLong();
      List<Worker> workers = new ArrayList<>();
      Results results = new Results(collected);
      try (Muster muster = Muster.connect(connect);
          Worker collector = collector(connect, results)) {
        if (options.rules().all()) {
          muster.admin().configure(TASKS, options.rules().settings());
        }
        byte[] answer = new byte[options.resultBytes()];
        for (int i = 0; i < options.workers(); i++) {
          workers.add(worker(connect, answer));
        }
        if (options.warmUp() > 0) {
          round(muster, results, options.warmUp());
        }
        long masterCpuMs = master.cpuMs();
        long clientCpuMs = ownCpuMs();
        long ns = round(muster, results, options.tasks());
        return new LifecycleFigures(
            options,
            ns / 1e9,
            (master.cpuMs() - masterCpuMs) / 1e3,
            (ownCpuMs() - clientCpuMs) / 1e3,
            collector.refused() + workers.stream().mapToLong(Worker::refused).sum());
      } finally {
        workers.forEach(Worker::close);
      }
    }
  }

  private Worker collector(ConnectOptions connect, Results results) {
    return Worker.connect(connect)
        .name("collector")
        .queue(RESULTS)
        .handle(
            "",
            Codecs.bytes(),
            (payload, context) -> {
              results.arrived();
              return null;
            })
        .slots(1)
        .prefetch(options.credit())
        .start();
  }

  private Worker worker(ConnectOptions connect, byte[] answer) {
    return Worker.connect(connect)
        .queue(TASKS)
        .handle(HANDLER, Codecs.bytes(), (payload, context) -> answer)
        .slots(1)
        .prefetch(options.credit())
        .start();
  }

  /** Puts so many tasks and waits for as many results; ns from the first to the last. */
  private long round(Muster muster, Results results, long tasks) {
    CountDownLatch all = results.expect(tasks);
    byte[] payload = new byte[options.payloadBytes()];
    long start = System.nanoTime();
    List<EnqueueStream<byte[]>> streams = new ArrayList<>();
    for (TaskQueue<byte[]> view :
        options
            .rules()
            .views(muster.tasks(TASKS, Codecs.bytes()).handler(HANDLER).resultsTo(RESULTS))) {
      streams.add(view.stream());
    }
    TaskKeys[] keys = options.rules().keys();
    for (long i = 0; i < tasks; i++) {
      results.awaitUnfinishedBelow(i, options.unfinishedMax());
      int run = (int) (i / BenchRules.RUN_TASKS % streams.size());
      streams.get(run).add(payload, keys[(int) (i % keys.length)]);
    }
    streams.forEach(EnqueueStream::close);
    try {
      for (long before = -1; !all.await(STALLED_S, TimeUnit.SECONDS); before = results.count()) {
        if (results.count() == before) {
          throw new MusterException(
              "no result for " + STALLED_S + " s; " + before + " of " + tasks + " arrived");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted", e);
    }
    return System.nanoTime() - start;
  }

  private static long ownCpuMs() {
    return ProcessHandle.current()
        .info()
        .totalCpuDuration()
        .map(java.time.Duration::toMillis)
        .orElseGet(() -> ManagementFactory.getRuntimeMXBean().getUptime());
  }

  /** Counts results of the round under way. */
  private static final class Results {
    private final AtomicLong count;
    private volatile long expected = Long.MAX_VALUE;
    private volatile CountDownLatch all = new CountDownLatch(1);
    private volatile long resumeAt = Long.MAX_VALUE;
    private volatile @Nullable Thread producer;

    Results(AtomicLong count) {
      this.count = count;
    }

    CountDownLatch expect(long results) {
      count.set(0);
      all = new CountDownLatch(1);
      expected = results;
      return all;
    }

    void arrived() {
      long arrived = count.incrementAndGet();
      if (arrived == expected) {
        all.countDown();
      }
      if (arrived >= resumeAt) {
        LockSupport.unpark(producer);
      }
    }

    /**
     * Pauses the producer while too much is unfinished, and lets it go on when half of that is
     * done.
     */
    void awaitUnfinishedBelow(long put, long max) {
      if (put - count.get() < max) {
        return;
      }
      producer = Thread.currentThread();
      resumeAt = put - max / 2;
      while (count.get() < resumeAt) {
        LockSupport.parkNanos(this, PAUSE_NS);
      }
      resumeAt = Long.MAX_VALUE;
    }

    long count() {
      return count.get();
    }
  }
}
