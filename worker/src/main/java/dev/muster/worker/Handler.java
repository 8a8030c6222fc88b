package dev.muster.worker;

import org.jspecify.annotations.Nullable;

/**
 * Runs the tasks of one name. Called by many slots at the same time.
 *
 * @param <T> the payload
 */
@FunctionalInterface
public interface Handler<T> {
  /**
   * Does the work.
   *
   * @return the result: {@code byte[]} as it is, a protobuf message as such, all else, null too, as
   *     JSON
   * @throws Exception the task failed: its class, message and stack are recorded
   */
  @Nullable Object apply(T payload) throws Exception;
}
