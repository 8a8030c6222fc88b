package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.TaskQueue;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every worker is replaced in turn while tasks come and run: none fails, none runs twice, none is
 * forgotten.
 */
@Timeout(240)
final class RollingRestartIT {
  private static final String QUEUE = "rolling";
  private static final int WORKERS = 3;
  private static final int BETWEEN_TASKS_MS = 20;
  private static final int CHUNK_ITEMS = 75; // some 2 s of work
  private static final long PATIENCE_S = 120;

  @TempDir Path folder;

  @Test
  void shouldFailAndRepeatNoTaskWhenEachWorkerIsReplacedInTurn() throws Exception {
    Path runs = Files.createDirectory(folder.resolve("runs"));
    String classes = recordingHandler(runs).toString();
    try (FeatureRig rig = FeatureRig.start(folder.resolve("data"))) {
      List<JarProcess> workers = new ArrayList<>();
      Load load = new Load(rig);
      try {
        for (int i = 0; i < WORKERS; i++) {
          workers.add(worker(rig, classes, i));
        }
        load.start();
        for (int i = 0; i < WORKERS; i++) {
          awaitRuns(runs, load.sent.get() + 50);
          JarProcess fresh = worker(rig, classes, WORKERS + i);
          JarProcess old = workers.set(i, fresh);
          old.terminate();
          CommandRun end = old.awaitEnd();
          assertThat(end.exitCode()).isZero();
          assertThat(end.err()).isEmpty();
        }
        awaitRuns(runs, load.sent.get() + 50);
        List<Long> ids = load.stop();
        int sent = ids.size();
        FeatureRig.until("all are done", () -> queue(rig).getSucceeded() == sent);

        QueueInfo queue = queue(rig);
        int ran = count(runs);
        System.out.printf(
            "rolling restart: %d workers replaced, %d tasks, %d runs, %d failed, %d crashes,"
                + " %d retries, %d given back unstarted%n",
            WORKERS,
            sent,
            ran,
            queue.getFailed(),
            queue.getCrashes(),
            queue.getRetries(),
            queue.getReturns());
        assertThat(ran).as("runs").isEqualTo(sent);
        assertThat(queue.getFailed()).isZero();
        assertThat(queue.getCrashes()).isZero();
        assertThat(queue.getRetries()).isZero();
        assertThat(queue.getStaleSettlements()).isZero();
        assertThat(queue.getEnqueued()).isEqualTo(sent);
        for (long id : ids) {
          TaskInfo task = rig.muster().task(id);
          assertThat(task.getAttempts()).as("attempts of %s", task).isEqualTo(1);
        }
      } finally {
        load.stop();
        workers.forEach(JarProcess::close);
      }
    }
  }

  /** In chunks that take longer than a worker may drain: it ends them between two items. */
  @Test
  void shouldRepeatNoItemOfAMapWithChunksOfAFixedSize() throws Exception {
    Path runs = Files.createDirectory(folder.resolve("runs"));
    String classes = recordingHandler(runs).toString();
    try (FeatureRig rig = FeatureRig.start(folder.resolve("data"))) {
      List<JarProcess> workers = new ArrayList<>();
      AtomicInteger read = new AtomicInteger();
      AtomicBoolean over = new AtomicBoolean();
      Iterator<String> items =
          Stream.generate(() -> Integer.toString(read.incrementAndGet()))
              .takeWhile(unused -> !over.get())
              .iterator();
      try (Pool pool = rig.muster().pool(QUEUE)) {
        for (int i = 0; i < WORKERS; i++) {
          workers.add(worker(rig, classes, i, "--drain-timeout", "1s"));
        }
        CompletableFuture<Set<Long>> succeeded =
            CompletableFuture.supplyAsync(
                () -> results(pool, items, MapOptions.defaults().chunkSize(CHUNK_ITEMS)));
        for (int i = 0; i < WORKERS; i++) {
          awaitRuns(runs, count(runs) + 100);
          JarProcess fresh = worker(rig, classes, WORKERS + i, "--drain-timeout", "1s");
          JarProcess old = workers.set(i, fresh);
          old.terminate();
          CommandRun end = old.awaitEnd();
          assertThat(end.exitCode()).isZero();
          assertThat(end.err()).isEmpty();
        }
        over.set(true);
        int size = succeeded.get(PATIENCE_S, TimeUnit.SECONDS).size();

        QueueInfo queue = queue(rig);
        int ran = count(runs);
        System.out.printf(
            "rolling restart of a map: %d workers replaced, %d items in chunks of %d, %d runs,"
                + " %d crashes, %d given back%n",
            WORKERS, size, CHUNK_ITEMS, ran, queue.getCrashes(), queue.getReturns());
        assertThat(ran).as("runs").isEqualTo(size);
        assertThat(queue.getFailed()).isZero();
        assertThat(queue.getCrashes()).isZero();
        assertThat(queue.getRetries()).isZero();
      } finally {
        over.set(true);
        workers.forEach(JarProcess::close);
      }
    }
  }

  /** The numbers of all items, each of which must succeed. */
  private static Set<Long> results(Pool pool, Iterator<String> items, MapOptions options) {
    Set<Long> numbers = new HashSet<>();
    RemoteFunction<String, Object> record = RemoteFunction.of("record", String.class, Object.class);
    try (MapResults<Object> results = pool.imap(record, items, options)) {
      while (results.hasNext()) {
        ItemResult<Object> item = results.nextResult();
        assertThat(item.failure()).isNull();
        assertThat(numbers.add(item.index())).isTrue();
      }
    }
    return numbers;
  }

  private static QueueInfo queue(FeatureRig rig) {
    return rig.muster().queue(QUEUE).orElseThrow();
  }

  /** Returns when it is connected. */
  private static JarProcess worker(FeatureRig rig, String classes, int number, String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--slots", "4", "--prefetch", "4", "--classpath", classes));
    arguments.addAll(List.of("--name", "worker" + number));
    arguments.addAll(List.of(more));
    JarProcess worker = rig.workerProcess(QUEUE, arguments.toArray(String[]::new));
    worker.awaitOut(FeatureRig.CONNECTED);
    return worker;
  }

  private static void awaitRuns(Path runs, int wanted) {
    FeatureRig.until(wanted + " have run", () -> count(runs) >= wanted);
  }

  private static int count(Path runs) {
    try (Stream<Path> found = Files.list(runs)) {
      return (int) found.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A handler that takes a while, and leaves a file for each run. */
  private Path recordingHandler(Path runs) {
    Path classes = folder.resolve("classes");
    UserHandlers.handler(
        classes,
        "Record",
        "record",
        "run(value)",
        """
        private static Object run(String value) throws Exception {
          java.nio.file.Files.createTempFile(java.nio.file.Path.of("%s"), value + "-", "");
          Thread.sleep(Integer.parseInt(value) %% 60);
          return null;
        }
        """
            .formatted(runs));
    return UserHandlers.name(classes, "example.Record");
  }

  /** Puts a task every few milliseconds. */
  private static final class Load {
    private final FeatureRig rig;
    private final Thread thread = new Thread(this::run, "load");
    private final List<CompletableFuture<Long>> ids = new ArrayList<>(); // its thread, then stop
    private final AtomicInteger sent = new AtomicInteger();
    private volatile boolean over;

    Load(FeatureRig rig) {
      this.rig = rig;
    }

    void start() {
      thread.start();
    }

    private void run() {
      TaskQueue<String> tasks = rig.muster().tasks(QUEUE, String.class).handler("record");
      while (!over) {
        ids.add(tasks.enqueueAsync(Integer.toString(sent.incrementAndGet())));
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(BETWEEN_TASKS_MS));
      }
    }

    /** Returns the ids of all that were put, when they are durable. */
    List<Long> stop() throws InterruptedException {
      over = true;
      thread.join();
      return ids.stream().map(CompletableFuture::join).toList();
    }
  }
}
