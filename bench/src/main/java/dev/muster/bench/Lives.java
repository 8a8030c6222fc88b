package dev.muster.bench;

import dev.muster.client.EnqueueStream;
import dev.muster.client.Muster;
import dev.muster.client.TaskKeys;
import dev.muster.client.TaskQueue;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.worker.Worker;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Producer, workers and collector of a master, all in this process: tasks are put, run, and their
 * results are taken. A task's payload begins with the time at which it was to be put, so that
 * latencies count from there, however late the producer was (coordinated omission: Tene, How not to
 * measure latency, 2013).
 */
final class Lives implements AutoCloseable {
  private static final String RESULTS = "bench-results";
  private static final String HANDLER = "answer";
  private static final int RESULTS_AHEAD = 2_000;

  /** It takes ahead what so many workers do, or fewer. */
  private static final int COLLECTED_WORKERS_MAX = 4;

  private static final long CONNECT_S = 120;

  private final LifecycleOptions options;
  private final Muster muster;
  private final List<Worker> workers = new ArrayList<>();
  private final CountDownLatch connected;
  private final Arrivals arrivals = new Arrivals();
  private final @Nullable Latencies latencies;
  private long put;

  /**
   * @param latencies gets every task's; null: only the rate is of interest
   */
  Lives(ConnectOptions connect, LifecycleOptions options, @Nullable Latencies latencies) {
    this.options = options;
    this.latencies = latencies;
    this.connected = new CountDownLatch(options.workers());
    this.muster = Muster.connect(connect);
    if (options.rules().all()) {
      for (String queue : options.queues().names()) {
        muster.admin().configure(queue, options.rules().settings());
      }
    }
    workers.add(collector(connect));
    for (int i = 0; i < options.workers(); i++) {
      workers.add(worker(connect, options.queues().servedBy(i)));
    }
    awaitConnected();
  }

  /** A thousand need some seconds, which are no part of what is measured. */
  private void awaitConnected() {
    try {
      if (!connected.await(CONNECT_S, TimeUnit.SECONDS)) {
        throw new MusterException(
            connected.getCount()
                + " of "
                + options.workers()
                + " workers have not reached the bench's master after "
                + CONNECT_S
                + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted", e);
    }
  }

  private Worker collector(ConnectOptions connect) {
    return Worker.connect(connect)
        .name("collector")
        .queue(RESULTS)
        .handle(
            "",
            Codecs.bytes(),
            (result, context) -> {
              if (latencies != null) {
                latencies.ended(ByteBuffer.wrap(result).getLong());
              }
              arrivals.add();
              return null;
            })
        .slots(1)
        .prefetch(resultsAhead())
        .start();
  }

  /**
   * As much as the workers take ahead: with less, results would wait that the workers bring while
   * it is told of others. Results are small, whatever the payloads.
   */
  private int resultsAhead() {
    int workers = Math.min(options.workers(), COLLECTED_WORKERS_MAX);
    return Math.max(options.credit() * workers, RESULTS_AHEAD);
  }

  private Worker worker(ConnectOptions connect, List<String> queues) {
    Payloads answers = new Payloads(options.resultBytes());
    Worker.Builder worker = Worker.connect(connect);
    queues.forEach(worker::queue);
    return worker
        .onNotice(
            notice -> {
              if (notice.equals(Worker.CONNECTED)) {
                connected.countDown();
              }
            })
        .handle(
            HANDLER,
            Codecs.bytes(),
            (payload, context) -> {
              if (latencies == null) {
                return answers.next(); // one slot, one thread
              }
              latencies.started(ByteBuffer.wrap(payload).getLong());
              return Arrays.copyOf(payload, options.resultBytes());
            })
        .slots(1)
        .prefetch(options.credit())
        .start();
  }

  private static TaskQueue<byte[]> queue(Muster muster, String name) {
    return muster.tasks(name, Codecs.bytes()).handler(HANDLER).resultsTo(RESULTS);
  }

  /** Settlements that were refused so far: work done twice. */
  long refused() {
    return workers.stream().mapToLong(Worker::refused).sum();
  }

  /**
   * Puts so many tasks as fast as the master takes them, and waits for as many results: of other
   * tasks, if some wait already.
   *
   * @return ns from the first task to the last result
   */
  long burn(long tasks) {
    long before = arrivals.count();
    Payloads payloads = new Payloads(options.payloadBytes());
    long start = System.nanoTime();
    List<EnqueueStream<byte[]>> streams = new ArrayList<>();
    for (String name : options.queues().names()) {
      for (TaskQueue<byte[]> view : options.rules().views(queue(muster, name))) {
        streams.add(view.stream());
      }
    }
    TaskKeys[] keys = options.rules().keys();
    for (long i = 0; i < tasks; i++) {
      if (arrivals.count() < put - options.unfinishedMax()) {
        arrivals.await(put - options.unfinishedMax() / 2); // Not at each result.
      }
      int run = (int) (i / options.queues().run() % streams.size());
      streams.get(run).add(payloads.next(), keys[(int) (i % keys.length)]);
      put++;
    }
    streams.forEach(EnqueueStream::close);
    arrivals.await(before + tasks);
    return System.nanoTime() - start;
  }

  /** Puts so many tasks that nobody waits for; ns until all are durable. */
  static long build(ConnectOptions connect, LifecycleOptions options, long tasks) {
    return build(connect, options, options.queues().names().get(0), tasks);
  }

  /** As {@link #build(ConnectOptions, LifecycleOptions, long)}, into a queue of this name. */
  static long build(ConnectOptions connect, LifecycleOptions options, String name, long tasks) {
    Payloads payloads = new Payloads(options.payloadBytes());
    long start = System.nanoTime();
    try (Muster muster = Muster.connect(connect);
        EnqueueStream<byte[]> stream = queue(muster, name).stream()) {
      for (long i = 0; i < tasks; i++) {
        stream.add(payloads.next());
      }
    }
    return System.nanoTime() - start;
  }

  /**
   * Waits until so many tasks that were put before are done too.
   *
   * @return results a second
   */
  long drain(long tasks) {
    long before = arrivals.count();
    long start = System.nanoTime();
    arrivals.await(put + tasks);
    return Math.round((put + tasks - before) * 1e9 / (System.nanoTime() - start));
  }

  /**
   * Puts so many tasks while the queue is paused, lets them go, and waits for as many results.
   *
   * @return ns from the first task to the last result
   */
  long backlog(long tasks) {
    long before = arrivals.count();
    String name = options.queues().names().get(0);
    byte[] payload = new byte[Math.max(Long.BYTES, options.payloadBytes())];
    pause(name, true);
    long start = System.nanoTime();
    try (EnqueueStream<byte[]> stream = queue(muster, name).stream()) {
      for (long i = 0; i < tasks; i++) {
        stream.add(payload);
      }
    }
    put += tasks;
    pause(name, false);
    arrivals.await(before + tasks);
    return System.nanoTime() - start;
  }

  private void pause(String queue, boolean paused) {
    var unused =
        muster.admin().configure(queue, QueueSettings.newBuilder().setPaused(paused).build());
  }

  /**
   * Puts tasks at a rate, whatever the master does, and waits for their results.
   *
   * @return ns from the first task to the last result
   */
  long steady(long tasks, long perSecond) {
    Latencies measured = latencies == null ? new Latencies() : latencies;
    TaskQueue<byte[]> queue = queue(muster, options.queues().names().get(0));
    Payloads payloads = new Payloads(options.payloadBytes());
    long start = System.nanoTime();
    for (long i = 0; i < tasks; i++) {
      long due = start + Math.round(i * 1e9 / perSecond);
      for (long early = due - System.nanoTime(); early > 0; early = due - System.nanoTime()) {
        LockSupport.parkNanos(this, early);
      }
      byte[] payload = payloads.next().clone();
      ByteBuffer.wrap(payload).putLong(due);
      var unused =
          queue
              .enqueueAsync(payload)
              .whenComplete(
                  (id, failure) -> {
                    if (failure == null) {
                      measured.put(due);
                    }
                  });
    }
    put += tasks;
    arrivals.await(put);
    return System.nanoTime() - start;
  }

  @Override
  public void close() {
    workers.forEach(Worker::close);
    muster.close();
  }

  /** Counts results. */
  private static final class Arrivals {
    private static final long STALLED_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private volatile long count;
    private volatile long awaited = Long.MAX_VALUE;
    private volatile @Nullable Thread waiter;

    long count() {
      return count;
    }

    /** By the one thread of the collector's slot. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes it
    void add() {
      long now = count + 1;
      count = now;
      if (now >= awaited) {
        LockSupport.unpark(waiter);
      }
    }

    void await(long all) {
      waiter = Thread.currentThread();
      awaited = all;
      long last = count;
      long since = System.nanoTime();
      while (count < all) {
        LockSupport.parkNanos(this, PAUSE_NS);
        if (count != last) {
          last = count;
          since = System.nanoTime();
        } else if (System.nanoTime() - since > STALLED_NS) {
          throw new MusterException(
              "no result for 120 s; "
                  + (all - last)
                  + " more were to come; the master's last lines are above");
        }
      }
      awaited = Long.MAX_VALUE;
    }
  }
}
