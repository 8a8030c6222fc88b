package dev.muster.worker;

import dev.muster.common.Limits;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.StackDump;
import dev.muster.proto.v1.StopAttempt;
import dev.muster.proto.v1.Usage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/**
 * The slots of a worker and the offers that wait for them. The thread factory is the seam for other
 * kinds of threads.
 */
final class SlotPool implements Holdings {
  private static final int EXIT_OUT_OF_MEMORY = 70;

  /** So long a process may take to tell its stacks: less than the master waits for them. */
  private static final long STACK_WAIT_MS = 3_000;

  private final HandlerTable handlers;
  private final int capacity;
  private final LocalQueue queue;
  private final TaskServices services;
  private final List<Slot> slots = new ArrayList<>();
  private final Object quiet = new Object();
  private volatile boolean watched;
  private volatile boolean hurried;
  private volatile Runnable flush = () -> {};

  // The session's lock.
  private SettlementColumns calledOff = new SettlementColumns();
  private long offered; // cost of all that came
  private long givenBack; // of it, what no slot took
  private int freed;

  SlotPool(HandlerTable handlers, int slots, int prefetch, TaskServices services) {
    this.handlers = handlers;
    this.capacity = slots + prefetch;
    this.services = services;
    this.queue = new LocalQueue(slots);
    for (int i = 0; i < slots; i++) {
      this.slots.add(new Slot(queue, services));
    }
  }

  /**
   * @param runners how each slot runs its tasks, called on its thread with what runs them on it
   */
  void start(WorkerSession session, ThreadFactory factory, UnaryOperator<SlotRunner> runners) {
    flush = session::flush;
    for (Slot slot : slots) {
      factory.newThread(() -> serve(slot, session, runners)).start();
    }
  }

  private void serve(Slot slot, WorkerSession session, UnaryOperator<SlotRunner> runners) {
    SlotRunner runner = runners.apply(this::execute);
    try {
      run(slot, session, runner);
    } finally {
      runner.close();
    }
  }

  private void run(Slot slot, WorkerSession session, SlotRunner runner) {
    UsageMeter meter = UsageMeter.ofThisThread();
    while (true) {
      TaskContext task = slot.claim();
      if (task == null) {
        session.flush(); // nothing to do: what gathered must not wait for company
        try {
          if (!queue.awaitWork()) {
            return;
          }
        } catch (InterruptedException e) {
          continue; // by a handler's own code, for a task that is over; the end is told by the
          // queue
        }
        continue;
      }
      session.gathered(false); // says that it started, when nothing else is on its way
      long startNanos = System.nanoTime();
      meter.begin(startNanos);
      Outcome outcome = runner.run(task);
      long ranNanos = System.nanoTime() - startNanos;
      Usage usage = task.elsewhere() == null ? meter.end(ranNanos, task.moreCpuNs()) : task.usage();
      boolean much = slot.finish(outcome, RunTime.micros(ranNanos), usage);
      session.gathered(much);
      if (watched) {
        tellQuiet();
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
      return handlers.thrown(e);
    }
  }

  private void tellQuiet() {
    synchronized (quiet) {
      quiet.notifyAll();
    }
  }

  @Override
  public void offered(Collection<Offer> offers) {
    for (Offer offer : offers) {
      OfferSlice slice = new OfferSlice(offer);
      offered += (long) offer.getIdsCount() * slice.cost();
      queue.add(slice);
    }
  }

  @Override
  public void collect(FrameGatherer into) {
    if (calledOff.count() > 0) {
      into.settle(calledOff);
      calledOff = new SettlementColumns();
    }
    into.credit(freed);
    freed = 0;
    for (Slot slot : slots) {
      slot.collect(into);
    }
  }

  @Override
  public int restart(HeldAttempts into) {
    into.add(calledOff.build());
    freed = 0;
    long[] finished = {givenBack};
    whileNothingIsClaimed(
        () -> {
          for (Slot slot : slots) {
            slot.writeHeld(into);
            finished[0] += slot.finished();
          }
          queue.all().forEach(into::add);
        });
    return (int) (capacity - (offered - finished[0]));
  }

  @Override
  public void drop() {
    calledOff = new SettlementColumns();
    whileNothingIsClaimed(
        () -> {
          slots.forEach(Slot::drop);
          for (OfferSlice slice : queue.all()) {
            givenBack += (long) slice.claimRest().length * slice.cost();
          }
        });
  }

  /**
   * Slots claim only under their own lock, and not while the queue is held: so nothing moves from
   * the queue to a slot meanwhile. What runs may end.
   */
  private void whileNothingIsClaimed(Runnable action) {
    queue.hold();
    try {
      slots.forEach(Slot::awaitClaim);
      action.run();
    } finally {
      queue.letGo();
    }
  }

  @Override
  public void lose(Set<Long> ids) {
    whileNothingIsClaimed(
        () -> {
          for (OfferSlice slice : queue.all()) {
            for (int i : slice.waiting()) {
              if (ids.contains(slice.offer().getIds(i))) {
                callOff(slice, i);
              }
            }
          }
          slots.forEach(slot -> slot.lose(ids));
        });
  }

  private void callOff(OfferSlice slice, int index) {
    slice.callOff(index);
    givenBack += slice.cost();
    freed += slice.cost();
  }

  @Override
  public void stop(Collection<StopAttempt> attempts) {
    whileNothingIsClaimed(() -> attempts.forEach(this::stop));
  }

  private void stop(StopAttempt attempt) {
    for (Slot slot : slots) {
      TaskContext task = slot.stop(attempt.getId(), attempt.getToken());
      if (task != null) {
        services
            .aside()
            .after(
                Integer.toUnsignedLong(attempt.getInterruptAfterMs()), () -> slot.interrupt(task));
        services
            .aside()
            .after(Integer.toUnsignedLong(attempt.getAbandonAfterMs()), () -> giveUp(slot, task));
        return;
      }
    }
    for (OfferSlice slice : queue.all()) {
      if (slice.offer().getToken() == attempt.getToken()) {
        for (int i : slice.waiting()) {
          if (slice.offer().getIds(i) == attempt.getId()) {
            callOff(slice, i);
            calledOff.cancelled(attempt.getId(), attempt.getToken());
          }
        }
      }
    }
  }

  @Override
  public void stacks(List<Long> ids, Reports into) {
    services.aside().look(() -> ids.forEach(id -> into.stack(stack(id))));
  }

  private StackDump stack(long id) {
    StackDump.Builder dump = StackDump.newBuilder().setId(id);
    for (Slot slot : slots) {
      Slot.Running running = slot.running(id);
      if (running != null) {
        RunElsewhere where = running.task().elsewhere();
        String text = where == null ? ThreadStack.of(running.thread()) : stackOf(where);
        if (running.equals(slot.running(id))) { // else it may be the stack of the next task
          return dump.setToken(running.task().token())
              .setText(Failures.cut(text, Limits.STACK_BYTES_MAX))
              .build();
        }
      }
    }
    return dump.build();
  }

  /** Empty: it has ended, or does not answer. */
  private static String stackOf(RunElsewhere where) {
    try {
      return where.stack().get(STACK_WAIT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    } catch (ExecutionException | TimeoutException e) {
      return "";
    }
  }

  private void giveUp(Slot slot, TaskContext task) {
    if (!slot.giveUp(task)) {
      return;
    }
    services
        .notices()
        .accept(
            "task "
                + Long.toUnsignedString(task.taskId())
                + " (handler \""
                + task.handler()
                + "\") was called off and did not stop in time; "
                + (task.elsewhere() == null
                    ? task.slots() + " lost until its handler ends"
                    : "its process is killed"));
    flush.run();
    tellQuiet();
  }

  @Override
  public void returnUnstarted(FrameGatherer into) {
    // For good: what is still offered now must not begin between its coming and its going back.
    queue.close();
    if (services.draining().compareAndSet(false, true)) {
      slots.forEach(Slot::drain);
    }
    SettlementColumns returned = new SettlementColumns();
    whileNothingIsClaimed(
        () -> {
          for (OfferSlice slice : queue.all()) {
            for (int i : slice.claimRest()) {
              givenBack += slice.cost();
              returned.returned(slice.offer().getIds(i), slice.offer().getToken());
            }
          }
        });
    into.settle(returned);
  }

  /** Waits until nothing runs; false when time ran out. For a drain, when nothing more comes. */
  boolean awaitQuiet(long timeoutMs) throws InterruptedException {
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    watched = true;
    synchronized (quiet) {
      while (slots.stream().anyMatch(Slot::isRunning)) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
        if (hurried || leftMs <= 0) {
          return false;
        }
        quiet.wait(leftMs);
      }
      return true;
    }
  }

  /** Whoever waits until nothing runs waits no longer. */
  void hurry() {
    hurried = true;
    tellQuiet();
  }

  /** Time is up for what still runs. */
  void abandonRunning() {
    slots.forEach(Slot::abandon);
  }

  /** The threads end when their tasks do. */
  void stop() {
    queue.stop();
  }
}
