package dev.muster.master.replication;

import dev.muster.master.queue.Generation;
import dev.muster.master.store.StateStore;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes frozen generations to the store, one after the other, on a thread of its own unless told
 * otherwise.
 */
public final class Flusher implements AutoCloseable {
  private final StateStore store;
  private final Consumer<Throwable> onBroken;
  private final Executor writing;
  private final @Nullable ExecutorService thread;
  private volatile Consumer<Generation> listener = generation -> {};

  /**
   * @param onBroken told when the store cannot be written: the master must stop
   */
  public Flusher(StateStore store, Consumer<Throwable> onBroken) {
    this.store = store;
    this.onBroken = onBroken;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "muster-flusher");
              made.setDaemon(true);
              return made;
            });
    this.writing = thread;
  }

  /**
   * Writes when and where the caller says: for tests without threads.
   *
   * @param writing runs what it is given one after the other, in order
   */
  public Flusher(StateStore store, Consumer<Throwable> onBroken, Executor writing) {
    this.store = store;
    this.onBroken = onBroken;
    this.thread = null;
    this.writing = writing;
  }

  /** Told of each generation when it is in the store; on the flusher's thread. */
  public void onFlushed(Consumer<Generation> listener) {
    this.listener = listener;
  }

  /** Writes a frozen generation, then runs {@code written}, on the flusher's thread. */
  void flush(Generation frozen, Runnable written) {
    writing.execute(
        () -> {
          try (StateStore.Batch batch = store.newBatch()) {
            frozen.writeTo(batch);
            batch.commit();
            written.run();
            listener.accept(frozen);
          } catch (RuntimeException | Error e) {
            onBroken.accept(e);
          }
        });
  }

  /** Ends what is under way, and stops; see {@link #awaitClosed}. */
  @Override
  public void close() {
    if (thread != null) {
      thread.shutdown();
    }
  }

  /**
   * Waits until nothing is being written any more, after {@link #close}.
   *
   * @return false: it takes longer than that, and the store must stay open
   */
  public boolean awaitClosed(long timeoutMs) throws InterruptedException {
    return thread == null || thread.awaitTermination(timeoutMs, TimeUnit.MILLISECONDS);
  }
}
