package dev.muster.client.pool;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.client.Muster;
import dev.muster.proto.v1.WorkerInfo;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Looks who serves a queue, so that a map of a handler that nobody has fails before it begins.
 * Thread-safe.
 */
final class HandlerCheck {
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Muster muster;
  private final String queue;

  /** Slots of the workers that have each handler. */
  @GuardedBy("this")
  private final Map<String, Long> slots = new TreeMap<>();

  @GuardedBy("this")
  private boolean anyWorker;

  @GuardedBy("this")
  private long lookedNanos;

  @GuardedBy("this")
  private boolean looked;

  HandlerCheck(Muster muster, String queue) {
    this.muster = muster;
    this.queue = queue;
  }

  /**
   * How many slots run this handler; 0: no worker is connected.
   *
   * @throws UnknownHandlerException when there are workers and none has it
   */
  synchronized long slots(String handler) {
    if (!looked || System.nanoTime() - lookedNanos > FRESH_NANOS) {
      look();
    }
    Long found = slots.get(handler);
    if (found == null && anyWorker) {
      looked = false; // one that has it may have come meanwhile: the next one asks again
      throw new UnknownHandlerException(queue, handler, slots.keySet());
    }
    return found == null ? 0 : found;
  }

  @GuardedBy("this")
  private void look() {
    slots.clear();
    anyWorker = false;
    for (WorkerInfo worker : muster.admin().workers(queue).toList()) {
      if (worker.getConnected()) {
        add(worker);
      }
    }
    looked = anyWorker; // while nobody is there each question is asked
    lookedNanos = System.nanoTime();
  }

  @GuardedBy("this")
  private void add(WorkerInfo worker) {
    anyWorker = true;
    for (String handler : worker.getHandlersList()) {
      if (!handler.isEmpty()) {
        slots.merge(handler, Math.max(1L, worker.getSlots()), Long::sum);
      }
    }
  }
}
