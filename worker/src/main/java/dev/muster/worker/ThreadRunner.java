package dev.muster.worker;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks on the slot's own thread, after its initializers. When one of them fails, the tasks
 * that come fail with its reason, and each tries again.
 */
final class ThreadRunner implements SlotRunner {
  private final List<Initializer> initializers;
  private final SlotRunner tasks;
  private int done;

  ThreadRunner(List<Initializer> initializers, SlotRunner tasks) {
    this.initializers = initializers;
    this.tasks = tasks;
    var unused = initialize(); // early: a task should not wait for it
  }

  @Override
  public Outcome run(TaskContext task) {
    Throwable failure = initialize();
    return failure == null ? tasks.run(task) : Outcome.failed(Failures.uninitialized(failure));
  }

  /** Each once; null: all are done. */
  private @Nullable Throwable initialize() {
    while (done < initializers.size()) {
      try {
        initializers.get(done).run();
      } catch (Throwable e) { // an Error of theirs too: the slot lives
        return e;
      }
      done++;
    }
    return null;
  }
}
