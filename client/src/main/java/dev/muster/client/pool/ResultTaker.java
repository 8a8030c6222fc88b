package dev.muster.client.pool;

import dev.muster.client.Leases.Leased;
import dev.muster.common.MusterException;
import java.util.List;

/**
 * Takes the results of a map that has a name out of its queue, on a thread of its own; they are
 * held until they are delivered.
 */
final class ResultTaker implements Runnable {
  /** So many results at a time: each may be large. */
  private static final int RESULTS_MAX = 16;

  private static final long ANSWER_WITHIN_MS = 500;

  private final MapStore store;
  private final MapEngine engine;
  private final Thread thread;
  private volatile boolean stopped;

  ResultTaker(MapStore store, MapEngine engine) {
    this.store = store;
    this.engine = engine;
    this.thread = new Thread(this, "muster-results of " + store.results());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  @Override
  public void run() {
    try {
      while (!stopped) {
        List<Leased> taken = store.takeResults(RESULTS_MAX);
        if (stopped) {
          store.giveBack(taken);
          return;
        }
        for (Leased result : taken) {
          engine.received(ChunkLine.parse(result.payload()), result);
        }
      }
    } catch (InterruptedException e) {
      engine.broken(new MusterException("the thread that takes results was interrupted"));
    } catch (MusterException e) {
      engine.broken(e);
    } catch (Throwable e) { // Errors, too: the caller waits for what this thread brings
      engine.broken(new MusterException("taking the results of the map failed: " + e, e));
    }
  }

  /** Takes no more; what a question that is under way brings goes back. */
  void stop() {
    stopped = true;
  }

  /**
   * Waits, after {@link #stop}, until that question is answered: what came later would be held
   * although nobody has the map any more. A master that does not answer is not waited for.
   */
  void awaitEnd() throws InterruptedException {
    thread.join(MapStore.WAIT.toMillis() + ANSWER_WITHIN_MS);
  }
}
