package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.EnqueueStream;
import dev.muster.client.Muster;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.worker.Worker;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the master with SIGKILL at random points under load: what it acknowledged must all be there
 * in the end, once.
 */
@Timeout(600)
final class MasterCrashIT {
  private static final int CYCLES = Integer.getInteger("muster.crash.cycles", 12);

  @TempDir Path data;

  @Test
  void shouldKeepEveryAcknowledgedTaskOnceWhenKilledUnderLoad() throws Exception {
    long seed = Long.getLong("muster.crash.seed", System.nanoTime());
    System.out.println("MasterCrashIT seed " + seed + " (-Dmuster.crash.seed=" + seed + ")");
    Random random = new Random(seed);
    String key = MasterProcess.newKey();
    MasterProcess master = MasterProcess.start(data, key);
    String address = master.address();
    int port = master.port();
    try (Muster muster = Muster.connect(address, AuthKey.of(key));
        Worker one = worker(address, key);
        Worker two = worker(address, key);
        ResultCounter<Long> results = new ResultCounter<>(address, key, "results", Long.class);
        Producer producer = new Producer(muster)) {
      for (int cycle = 0; cycle < CYCLES; cycle++) {
        results.awaitMore(1 + random.nextInt(5_000));
        master.process().kill();
        master.close();
        master = MasterProcess.start(data, key, port);
      }
      results.awaitMore(1);
      long put = producer.stop();

      results.awaitAll(put);
      assertThat(results.flush()).as("last acknowledgements are durable").isTrue();
      assertThat(results.values())
          .as("every acknowledged put has its result")
          .isEqualTo(LongStream.range(0, put).boxed().collect(Collectors.toSet()));
      QueueInfo tasks = muster.queue("tasks").orElseThrow();
      assertThat(tasks.getEnqueued()).as("no put became two tasks").isEqualTo(put);
      assertThat(tasks.getSucceeded()).as("each completed once").isEqualTo(put);
      QueueInfo resultQueue = muster.queue("results").orElseThrow();
      assertThat(resultQueue.getEnqueued()).as("one result for each").isEqualTo(put);
      assertThat(resultQueue.getSucceeded()).as("each result taken once").isEqualTo(put);
      System.out.printf(
          "MasterCrashIT: %d kills, %d tasks acknowledged, each with one result; %d settlements refused, %d results seen"
              + " again%n",
          CYCLES, put, one.refused() + two.refused(), results.seenAgain());
    } finally {
      master.close();
    }
  }

  private static Worker worker(String address, String key) {
    return Worker.connect(address, AuthKey.of(key))
        .queue("tasks")
        .handle("echo", Long.class, n -> n)
        .slots(2)
        .prefetch(200)
        .start();
  }

  /**
   * Puts numbers, one after the other, until it is stopped; every one of them is acknowledged then.
   */
  private static final class Producer implements AutoCloseable {
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicLong put = new AtomicLong();
    private final Thread thread;

    Producer(Muster muster) {
      thread =
          new Thread(
              () -> {
                EnqueueStream<Long> stream =
                    muster.tasks("tasks", Long.class).handler("echo").resultsTo("results").stream();
                while (!stopped.get()) {
                  stream.add(put.getAndIncrement());
                  if (put.get() % 100 == 0) {
                    stream.flush();
                  }
                }
                stream.close();
              },
              "producer");
      thread.start();
    }

    long stop() throws InterruptedException {
      stopped.set(true);
      thread.join();
      return put.get();
    }

    @Override
    public void close() {
      stopped.set(true);
    }
  }
}
