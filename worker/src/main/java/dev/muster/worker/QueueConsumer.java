package dev.muster.worker;

import dev.muster.client.connection.ConnectOptions;
import dev.muster.client.connection.Connection;
import dev.muster.common.InRange;
import dev.muster.common.QueueName;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Takes the entries of a queue, such as results, fast and without losing one: each is held until it
 * is acknowledged, and goes to another consumer when this process dies first. Uses a worker's
 * stream, with credit, so that there is no round trip for an entry.
 *
 * <pre>{@code
 * try (QueueConsumer<Integer> results = QueueConsumer.connect(options, "results", Integer.class, 1000)) {
 *   Delivery<Integer> next = results.take();
 *   System.out.println(next.value());
 *   next.ack();
 * }
 * }</pre>
 *
 * <p>For a callback instead of a loop see {@link Worker.Builder#consume}. Thread-safe. While the
 * master is away it keeps trying; deliveries stay valid. When trying again cannot help, because the
 * key is wrong for example, each call that takes or waits throws the reason, and what it held goes
 * to others.
 *
 * @param <E> the entries
 */
public final class QueueConsumer<E> implements AutoCloseable {
  private static final long SETTLE_TIMEOUT_MS = 10_000;

  private final Deliveries<E> deliveries;
  private final WorkerSession session;
  private final SessionKeeper keeper;
  private final Runnable disconnect;
  private final SideThreads aside;
  private final AtomicBoolean closed = new AtomicBoolean();

  QueueConsumer(String queue, Codec<E> codec, int credit, WorkerLink link) {
    this.deliveries = new Deliveries<>(codec, credit);
    this.aside = new SideThreads("consumer");
    this.session =
        new WorkerSession(
            WorkerIdentity.of("consumer", Set.of(queue), Set.of(), Map.of(), credit),
            deliveries,
            atOnce -> closeLater(),
            new Reports(aside));
    this.keeper = new SessionKeeper("consumer", session, link, notice -> {}, deliveries::fail);
    this.disconnect = link.disconnect();
    deliveries.attach(session);
    keeper.start();
  }

  /**
   * Begins to consume.
   *
   * @param credit how many entries may be held here, waiting or not acknowledged, each counted with
   *     its cost; 1 to 1,000,000
   */
  public static <E> QueueConsumer<E> connect(
      ConnectOptions options, String queue, Codec<E> codec, int credit) {
    InRange.check("credit", 1, 1_000_000, credit);
    Connection connection = Connection.open(options);
    return new QueueConsumer<>(QueueName.check(queue), codec, credit, WorkerLink.over(connection));
  }

  /** As {@link #connect(ConnectOptions, String, Codec, int)}: JSON, {@code byte[]} as it is. */
  @SuppressWarnings("unchecked") // byte[].class is checked before the cast
  public static <E> QueueConsumer<E> connect(
      ConnectOptions options, String queue, Class<E> type, int credit) {
    Codec<E> codec = type == byte[].class ? (Codec<E>) Codecs.bytes() : Codecs.json(type);
    return connect(options, queue, codec, credit);
  }

  /**
   * The next entry; waits until there is one.
   *
   * @throws dev.muster.common.codec.CodecException when it is not of this type: it is then a failed
   *     task
   * @throws IllegalStateException when the consumer is closed
   * @throws dev.muster.common.AuthenticationException when the key is not the master's
   * @throws dev.muster.common.MusterException when the master refused it for another reason that
   *     stays
   */
  public Delivery<E> take() throws InterruptedException {
    Delivery<E> next = deliveries.take(Long.MAX_VALUE / 2);
    if (next == null) {
      throw new IllegalStateException("the consumer is closed");
    }
    return next;
  }

  /** The next entry, or null when none comes in time; throws as {@link #take} does. */
  public @Nullable Delivery<E> poll(Duration timeout) throws InterruptedException {
    return deliveries.take(timeout.toNanos());
  }

  /** Adds what is here now, at most so many; returns how many. Throws as {@link #take} does. */
  public int drainTo(Collection<? super Delivery<E>> into, int max) {
    int count = 0;
    try {
      while (count < max) {
        Delivery<E> next = deliveries.take(0);
        if (next == null) {
          break;
        }
        into.add(next);
        count++;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // not reached: it does not wait
    }
    return count;
  }

  /**
   * Waits until every word given so far is durable; false when time ran out. Throws as {@link
   * #take} does when they cannot become durable any more.
   */
  public boolean flush(Duration timeout) throws InterruptedException {
    boolean durable = session.settle(timeout.toMillis());
    if (!durable) {
      deliveries.checkNotFailed();
    }
    return durable;
  }

  private void closeLater() {
    new Thread(this::close, "consumer-drain").start();
  }

  /** Gives back what has no word yet, waits up to 10 s for the rest to be durable, and ends. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      session.drain();
      deliveries.stop();
      session.sayGoodbye();
      if (session.isConnected()) {
        var unused = session.awaitSettled(SETTLE_TIMEOUT_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      keeper.stop();
      aside.stop();
      disconnect.run();
    }
  }
}
