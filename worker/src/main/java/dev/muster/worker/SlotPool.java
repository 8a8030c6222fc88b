package dev.muster.worker;

import dev.muster.proto.v1.Offer;
import dev.muster.worker.HandlerTable.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slots of a worker and the offers that wait for them. The thread factory is the seam for other
 * kinds of threads.
 */
final class SlotPool implements Holdings {
  private static final Logger LOG = LoggerFactory.getLogger(SlotPool.class);
  private static final int EXIT_OUT_OF_MEMORY = 70;

  private final HandlerTable handlers;
  private final int capacity;
  private final LocalQueue queue = new LocalQueue();
  private final Set<Long> calledOff = ConcurrentHashMap.newKeySet();
  private final List<Slot> slots = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Object quiet = new Object();
  private volatile boolean watched;
  private long offered; // session's lock
  private long givenBack; // session's lock

  SlotPool(HandlerTable handlers, int slots, int prefetch) {
    this.handlers = handlers;
    this.capacity = slots + prefetch;
    for (int i = 0; i < slots; i++) {
      this.slots.add(new Slot(queue, calledOff));
    }
  }

  void start(WorkerSession session, ThreadFactory factory) {
    for (Slot slot : slots) {
      Thread thread = factory.newThread(() -> run(slot, session));
      threads.add(thread);
      thread.start();
    }
  }

  private void run(Slot slot, WorkerSession session) {
    while (true) {
      TaskContext task = slot.claim();
      if (task == null) {
        session.flush(); // nothing to do: what gathered must not wait for company
        try {
          if (!queue.awaitWork()) {
            return;
          }
        } catch (InterruptedException e) {
          continue; // was meant for a task that is over; the end is told by the queue
        }
        continue;
      }
      session.gathered(false); // says that it started, when nothing else is on its way
      boolean much = slot.finish(execute(task));
      session.gathered(much);
      if (watched) {
        synchronized (quiet) {
          quiet.notifyAll();
        }
      }
    }
  }

  private Outcome execute(TaskContext task) {
    try {
      return handlers.run(task.offer(), task.index(), task);
    } catch (OutOfMemoryError e) {
      // The heap cannot be trusted any more. The master sees the session end, and counts a crash.
      Runtime.getRuntime().halt(EXIT_OUT_OF_MEMORY);
      throw e;
    } catch (Throwable e) { // an Error of the handler: the task failed, the slot lives
      return Outcome.failed(Failures.thrown(e));
    } finally {
      var unused = Thread.interrupted(); // an interrupt is for the task, not for the slot
    }
  }

  @Override
  public void offered(Collection<Offer> offers) {
    for (Offer offer : offers) {
      offered += offer.getIdsCount();
      queue.add(new OfferSlice(offer));
    }
  }

  @Override
  public void collect(FrameGatherer into) {
    for (Slot slot : slots) {
      slot.collect(into);
    }
  }

  @Override
  public int restart(HeldAttempts into) {
    return withAllSlots(
        0,
        () -> {
          long finished = givenBack;
          for (Slot slot : slots) {
            slot.writeHeld(into);
            finished += slot.finished();
          }
          for (OfferSlice slice : queue.all()) {
            if (!slice.isDropped()) {
              into.add(slice.offer(), slice.claimed());
            }
          }
          return (int) (capacity - (offered - finished));
        });
  }

  @Override
  public void drop() {
    var unused =
        withAllSlots(
            0,
            () -> {
              slots.forEach(Slot::drop);
              for (OfferSlice slice : queue.all()) {
                slice.drop();
                givenBack += slice.offer().getIdsCount() - slice.claimRest();
              }
              return 0;
            });
    calledOff.clear();
  }

  /** Slots claim only under their own lock: holding every one, nothing moves. */
  private int withAllSlots(int from, IntSupplier action) {
    if (from == slots.size()) {
      return action.getAsInt();
    }
    synchronized (slots.get(from)) {
      return withAllSlots(from + 1, action);
    }
  }

  @Override
  public void cancel(Set<Long> ids) {
    Set<Long> waiting = new HashSet<>();
    for (OfferSlice slice : queue.all()) {
      for (int i = slice.claimed(); i < slice.offer().getIdsCount(); i++) {
        if (ids.contains(slice.offer().getIds(i))) {
          waiting.add(slice.offer().getIds(i));
        }
      }
    }
    calledOff.addAll(waiting);
    for (Slot slot : slots) {
      if (slot.cancel(ids)) {
        LOG.debug("a running task was called off");
      }
    }
  }

  @Override
  public void returnUnstarted(FrameGatherer into) {
    SettlementColumns returned = new SettlementColumns();
    for (OfferSlice slice : queue.all()) {
      Offer offer = slice.offer();
      for (int i = slice.claimRest(); i < offer.getIdsCount(); i++) {
        givenBack++;
        if (!slice.isDropped()) {
          returned.returned(offer.getIds(i), offer.getToken());
        }
      }
    }
    into.settle(returned);
  }

  /** Waits until nothing runs; false when time ran out. For a drain, when nothing more comes. */
  boolean awaitQuiet(long timeoutMs) throws InterruptedException {
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    watched = true;
    synchronized (quiet) {
      while (slots.stream().anyMatch(Slot::isRunning)) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
        if (leftMs <= 0) {
          return false;
        }
        quiet.wait(leftMs);
      }
      return true;
    }
  }

  /** Time is up for what still runs. */
  void abandonRunning() {
    slots.forEach(Slot::abandon);
    threads.forEach(Thread::interrupt);
  }

  /** The threads end when their tasks do. */
  void stop() {
    queue.stop();
  }
}
