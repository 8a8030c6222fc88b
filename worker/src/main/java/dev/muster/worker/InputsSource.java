package dev.muster.worker;

import java.util.List;

/** Where a task gets what the tasks came to that it depends on. Thread-safe. */
@FunctionalInterface
interface InputsSource {
  /** Waits for them; see {@link TaskContext#inputs}. */
  List<Input> fetch(TaskContext task) throws InterruptedException;
}
