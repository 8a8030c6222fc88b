package dev.muster.client.pool;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * One call of a function on a worker: what {@link Pool#executor} takes, for a lambda cannot travel.
 *
 * @param argument what the handler gets
 */
public record RemoteCall<T, R>(RemoteFunction<T, R> function, T argument) implements Callable<R> {
  /** Never: it runs on a worker only. */
  @Override
  public @Nullable R call() {
    throw new UnsupportedOperationException(
        "a RemoteCall runs on a worker: give it to Pool.executor()");
  }
}
