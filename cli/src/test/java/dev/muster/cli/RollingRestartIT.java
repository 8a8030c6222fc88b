package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.TaskQueue;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

  private static QueueInfo queue(FeatureRig rig) {
    return rig.muster().queue(QUEUE).orElseThrow();
  }

  /** Returns when it is connected. */
  private static JarProcess worker(FeatureRig rig, String classes, int number) {
    JarProcess worker =
        rig.workerProcess(
            QUEUE,
            "--slots",
            "4",
            "--prefetch",
            "4",
            "--name",
            "worker" + number,
            "--classpath",
            classes);
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
