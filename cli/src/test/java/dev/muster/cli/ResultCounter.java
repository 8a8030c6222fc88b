package dev.muster.cli;

import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.AuthKey;
import dev.muster.worker.Delivery;
import dev.muster.worker.QueueConsumer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes the entries of a result queue, each told from the others by its value, and acknowledges
 * them.
 */
final class ResultCounter<T> implements AutoCloseable {
  private final Set<T> values = ConcurrentHashMap.newKeySet();
  private final AtomicLong seenAgain = new AtomicLong();
  private final QueueConsumer<T> consumer;
  private final Thread thread;
  private volatile long wanted = Long.MAX_VALUE;
  private volatile CountDownLatch arrived = new CountDownLatch(1);

  ResultCounter(String address, String key, String queue, Class<T> type) {
    consumer = QueueConsumer.connect(ConnectOptions.to(address, AuthKey.of(key)), queue, type, 200);
    thread = new Thread(this::collect, "results");
    thread.start();
  }

  private void collect() {
    try {
      while (true) {
        Delivery<T> delivery = consumer.take();
        if (!values.add(delivery.value())) {
          seenAgain.incrementAndGet();
        }
        delivery.ack();
        if (values.size() >= wanted) {
          arrived.countDown();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until so many more values than now have arrived. */
  void awaitMore(int more) throws InterruptedException {
    awaitAll(values.size() + (long) more);
  }

  /** Waits until so many different values have arrived. */
  void awaitAll(long total) throws InterruptedException {
    arrived = new CountDownLatch(1);
    wanted = total;
    if (values.size() < total) {
      arrived.await();
    }
    wanted = Long.MAX_VALUE;
  }

  Set<T> values() {
    return values;
  }

  /** Deliveries of a value that had arrived before. */
  long seenAgain() {
    return seenAgain.get();
  }

  /** True when every acknowledgement so far is durable. */
  boolean flush() throws InterruptedException {
    return consumer.flush(Duration.ofSeconds(60));
  }

  /** The thread first: a consumer that is closed under it would throw at its next call. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    consumer.close();
  }
}
