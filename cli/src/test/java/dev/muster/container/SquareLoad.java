package dev.muster.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Muster;
import dev.muster.client.RemoteQueue;
import dev.muster.client.TaskQueue;
import dev.muster.common.UnreachableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Steady work for a cluster while a test breaks it: one thread puts numbers to be squared, one
 * takes the results. A bounded number is under way at any time, so that every worker has tasks in
 * hand whenever it is hit. Every number is put once; so each must have exactly one result.
 */
final class SquareLoad implements AutoCloseable {
  private static final String RESULTS = "result";
  private static final int BATCH = 50;

  /**
   * Numbers put and not yet back: enough to keep all slots busy, few enough to be done soon after
   * the load ends.
   */
  private static final int UNDER_WAY_MAX = 1_000;

  private static final long POLL_MS = 200;

  private final TaskQueue<Integer> tasks;
  private final RemoteQueue<String> results;
  private final Semaphore room = new Semaphore(UNDER_WAY_MAX);
  private final Thread producer = new Thread(this::produce, "load-producer");
  private final Thread consumer = new Thread(this::consume, "load-consumer");

  /** Guarded by this. */
  private final List<String> received = new ArrayList<>();

  private int acknowledged;
  private boolean stopped;
  private boolean closed;
  private @Nullable Throwable failure;

  private SquareLoad(Muster muster) {
    tasks = muster.tasks(MusterCluster.TASKS, Integer.class).handler("square").resultsTo(RESULTS);
    results = muster.queue(RESULTS, String.class);
  }

  static SquareLoad start(Muster muster) {
    SquareLoad load = new SquareLoad(muster);
    load.producer.start();
    load.consumer.start();
    return load;
  }

  /** Waits until so many more results have come in than at the call. */
  synchronized void awaitMoreResults(int more, Duration timeout) throws InterruptedException {
    awaitResults(received.size() + more, timeout);
  }

  /**
   * Puts no more, and waits until all that was acknowledged has come back; then checks that each
   * came back once.
   */
  void finish(Duration timeout) throws InterruptedException {
    List<String> expected;
    synchronized (this) {
      stopped = true;
    }
    room.release(BATCH);
    producer.join(timeout.toMillis());
    synchronized (this) {
      rethrow();
      assertThat(producer.isAlive())
          .as("the producer still waits for an acknowledgement")
          .isFalse();
      awaitResults(acknowledged, timeout);
      expected = IntStream.range(0, acknowledged).mapToObj(SquareLoad::square).toList();
      closed = true;
    }
    consumer.join();
    assertThat(results.isEmpty()).as("no result is left over").isTrue();
    synchronized (this) {
      assertThat(received).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Override
  public void close() throws InterruptedException {
    synchronized (this) {
      stopped = true;
      closed = true;
    }
    producer.interrupt();
    consumer.interrupt();
    producer.join();
    consumer.join();
  }

  private void produce() {
    try {
      int next = 0;
      while (true) {
        room.acquire(BATCH);
        synchronized (this) {
          if (stopped) {
            return;
          }
        }
        var unused = tasks.enqueueAll(IntStream.range(next, next + BATCH).boxed().toList());
        next += BATCH;
        synchronized (this) {
          acknowledged = next;
        }
      }
    } catch (InterruptedException | RuntimeException e) {
      fail(e);
    }
  }

  private void consume() {
    try {
      while (true) {
        String result = poll();
        synchronized (this) {
          if (result != null) {
            received.add(result);
            notifyAll();
          } else if (closed) {
            return;
          }
        }
        if (result != null) {
          room.release();
        }
      }
    } catch (InterruptedException | RuntimeException e) {
      fail(e);
    }
  }

  /** Null: nothing came, or the master is not there just now. */
  private @Nullable String poll() throws InterruptedException {
    try {
      return results.poll(POLL_MS, TimeUnit.MILLISECONDS);
    } catch (UnreachableException e) {
      return null;
    }
  }

  private synchronized void fail(Throwable e) {
    if (!closed && failure == null) {
      failure = e;
    }
    notifyAll();
  }

  private synchronized void awaitResults(int count, Duration timeout) throws InterruptedException {
    long deadlineNs = System.nanoTime() + timeout.toNanos();
    while (received.size() < count) {
      rethrow();
      long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
      if (leftMs <= 0) {
        throw new AssertionError(
            "expected %d results within %s, found %d; %d tasks were acknowledged"
                .formatted(count, timeout, received.size(), acknowledged));
      }
      wait(leftMs);
    }
  }

  private synchronized void rethrow() {
    if (failure != null) {
      throw new AssertionError("the load ended by itself", failure);
    }
  }

  private static String square(int n) {
    return "%d * %d = %d".formatted(n, n, (long) n * n);
  }
}
