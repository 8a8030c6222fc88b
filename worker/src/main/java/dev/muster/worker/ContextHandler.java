package dev.muster.worker;

import org.jspecify.annotations.Nullable;

/**
 * As {@link Handler}, told also which task it is.
 *
 * @param <T> the payload
 */
@FunctionalInterface
public interface ContextHandler<T> {
  /** Does the work: see {@link Handler#apply}. */
  @Nullable Object apply(T payload, TaskContext context) throws Exception;
}
