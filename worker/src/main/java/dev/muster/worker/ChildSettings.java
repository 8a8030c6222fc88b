package dev.muster.worker;

import java.util.List;

/**
 * What all processes of a worker's handlers have, whatever handlers these are.
 *
 * @param initializers run before the first task, in this order
 * @param nonRetryable classes of exceptions after which trying again cannot help
 */
record ChildSettings(
    ChildOptions options,
    List<Runnable> initializers,
    List<Class<? extends Throwable>> nonRetryable) {
  ChildSettings {
    initializers = List.copyOf(initializers);
    nonRetryable = List.copyOf(nonRetryable);
  }
}
