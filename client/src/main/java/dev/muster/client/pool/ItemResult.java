package dev.muster.client.pool;

import org.jspecify.annotations.Nullable;

/**
 * What came of one item.
 *
 * @param index its place in the input, from 0
 * @param value what the handler returned; null also when it returned null or failed
 * @param failure null: a success
 * @param attempts how often the handler ran it, its failures counted: from 1; 0: it never ran
 * @param worker "name@host:pid" of the worker that ran it last; empty: not known
 * @param startedMs when that attempt began, by the worker's clock, ms since the epoch; 0: not known
 * @param runUs how long it ran, µs; 0: not known
 */
public record ItemResult<R>(
    long index,
    @Nullable R value,
    @Nullable RemoteFailure failure,
    int attempts,
    String worker,
    long startedMs,
    long runUs) {
  public boolean isSuccess() {
    return failure == null;
  }

  /**
   * The value.
   *
   * @throws RemoteFailure when the item failed
   */
  public @Nullable R get() {
    if (failure != null) {
      throw failure;
    }
    return value;
  }
}
