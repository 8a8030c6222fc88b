package dev.muster.client;

import dev.muster.common.MusterException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;

/**
 * Completes the future of one task, on the common pool: a user's code must not hold up the event
 * loop.
 */
record FutureId(CompletableFuture<Long> future) implements Receipt {
  @Override
  public long joined() {
    return 0;
  }

  @Override
  public void durable(long position, int count, long firstId) {
    ForkJoinPool.commonPool().execute(() -> future.complete(firstId));
  }

  @Override
  public void found(long position, long id) {
    durable(position, 1, id);
  }

  @Override
  public void failed(long position, int count, MusterException reason) {
    ForkJoinPool.commonPool().execute(() -> future.completeExceptionally(reason));
  }
}
