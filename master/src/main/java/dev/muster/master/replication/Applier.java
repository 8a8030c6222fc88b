package dev.muster.master.replication;

import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.Effects;
import dev.muster.master.queue.Generation;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs entries through the state machine, one at a time, and decides when a generation is flushed.
 *
 * <p>One lock per entry, not per task: it keeps queries out while an entry is applied, and lets the
 * flusher say that it is done. Apply waits for the flusher only when two generations are full: that
 * is the back-pressure.
 */
public final class Applier implements AutoCloseable {
  private final QueueMachine machine;
  private final Flusher flusher;
  private final long generationBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition flushed = lock.newCondition();
  private volatile Effects effects = Effects.NONE;

  /** Guarded by the lock. */
  private boolean closed;

  /** With generations for the heap of this process. */
  public Applier(QueueMachine machine, Flusher flusher) {
    this(machine, flusher, HeapShares.ofThisProcess().generationBytes());
  }

  /**
   * The same with generations of another size.
   *
   * @param generationBytes a generation that holds so many is flushed; apply waits for the flusher
   *     when it holds twice as many
   */
  public Applier(QueueMachine machine, Flusher flusher, long generationBytes) {
    this.machine = machine;
    this.flusher = flusher;
    this.generationBytes = generationBytes;
  }

  /**
   * From now on this master leads, and acts on what changes; {@link Effects#NONE}: not any more.
   */
  public void lead(Effects effects) {
    this.effects = effects;
  }

  /**
   * Applies one entry and answers those who wait for it. The apply thread.
   *
   * @param batch who waits; null on replay and on masters that do not lead
   * @throws RuntimeException a broken invariant: the caller must stop the process
   */
  public void apply(Entry entry, @Nullable Batch batch, long term, long index) {
    List<Outcome> outcomes = new ArrayList<>(entry.getCommandsCount());
    lock.lock();
    try {
      machine.begin(entry.getStampMs(), entry.getDice(), batch == null ? Effects.NONE : effects);
      for (int i = 0; i < entry.getCommandsCount(); i++) {
        outcomes.add(machine.apply(entry.getCommands(i), index));
      }
      machine.end(term, index);
      rollWhenFull();
    } finally {
      lock.unlock();
    }
    if (batch != null) {
      batch.applied(outcomes);
    }
  }

  /** An entry of the log's own, without commands. The apply thread. */
  public void skip(long term, long index) {
    lock.lock();
    try {
      machine.end(term, index);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Asks the state machine between two entries. Any thread; keep it short, apply waits.
   *
   * @throws IllegalStateException when it is closed
   */
  public <T> T read(Function<QueueMachine, T> query) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the master has stopped: its state cannot be read");
      }
      return query.apply(machine);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Flushes what changed, if no flush is under way: an idle master's log stays short. Any thread.
   */
  public void rollWhenChanged() {
    lock.lock();
    try {
      if (machine.hasChanges() && !machine.isFlushing()) {
        roll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns when everything that was applied before is in the store. Any thread but apply's. */
  public void flush() {
    lock.lock();
    try {
      awaitFlushed();
      if (machine.hasChanges()) {
        roll();
        awaitFlushed();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * No query begins after this, and none is under way when it returns: the store may be closed.
   * After the log.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  private void awaitFlushed() {
    while (machine.isFlushing()) {
      flushed.awaitUninterruptibly();
    }
  }

  private void rollWhenFull() {
    if (machine.currentBytes() < generationBytes) {
      return;
    }
    while (machine.isFlushing() && machine.currentBytes() >= 2 * generationBytes) {
      flushed.awaitUninterruptibly();
    }
    if (!machine.isFlushing()) {
      roll();
    }
  }

  private void roll() {
    Generation frozen = machine.roll();
    flusher.flush(frozen, () -> whenFlushed());
  }

  private void whenFlushed() {
    lock.lock();
    try {
      machine.flushed();
      flushed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
