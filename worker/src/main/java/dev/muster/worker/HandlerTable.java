package dev.muster.worker;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.worker.exec.ExecCommand;
import dev.muster.worker.exec.ExecHandler;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The handlers of a worker by name, and how one of them runs one task. Thread-safe. */
final class HandlerTable {
  /** Stands in for a handler "exec" that a worker does not have: it refuses every program. */
  private static final Bound<ExecCommand> NO_PROGRAMS =
      new Bound<>(ExecCommand.CODEC, ExecHandler.allowing(Set.of(), null)::run);

  private volatile Map<String, Bound<?>> byName;
  private final Set<Class<? extends Throwable>> nonRetryable;
  private final String worker;

  HandlerTable(Map<String, Bound<?>> byName, Collection<Class<? extends Throwable>> nonRetryable) {
    this(byName, nonRetryable, "");
  }

  /**
   * With the name of the worker, for people.
   *
   * @param worker "name@host:pid"
   */
  HandlerTable(
      Map<String, Bound<?>> byName,
      Collection<Class<? extends Throwable>> nonRetryable,
      String worker) {
    this.worker = worker;
    this.byName = new TreeMap<>(byName);
    this.nonRetryable = Set.copyOf(nonRetryable);
  }

  /** These take the place of all; a task that runs goes on with the one that it has. */
  void replace(Map<String, Bound<?>> handlers) {
    byName = new TreeMap<>(handlers);
  }

  /** A handler and how its payloads are read. */
  record Bound<T>(Codec<T> codec, ContextHandler<T> handler) {
    static <T> Bound<T> of(TaskHandler<T> handler) {
      return new Bound<>(handler.payload(), handler::run);
    }
  }

  Set<String> names() {
    return byName.keySet();
  }

  /** Runs a task; every exception becomes a failure, but Errors are the caller's business. */
  Outcome run(Offer offer, int index, TaskContext context) {
    String name = offer.getOptions().getHandler();
    Map<String, Bound<?>> handlers = byName;
    Bound<?> bound = bound(handlers, name);
    if (bound == null) {
      return Outcome.failed(Failures.unknownHandler(name, handlers.keySet()));
    }
    return ChunkRun.isChunk(offer)
        ? ChunkRun.of(this, bound, context, worker)
        : run(bound, offer.getPayloads(index), context);
  }

  private static @Nullable Bound<?> bound(Map<String, Bound<?>> handlers, String name) {
    Bound<?> bound = handlers.get(name);
    return bound == null && name.equals(ExecCommand.HANDLER) ? NO_PROGRAMS : bound;
  }

  /** Runs one item of a chunk; Errors of the handler are failures of the item. */
  Outcome runItem(Bound<?> bound, ByteString item, TaskContext context) {
    try {
      return run(bound, item, context);
    } catch (OutOfMemoryError e) {
      throw e; // the heap cannot be trusted any more
    } catch (Throwable e) {
      return thrown(e);
    }
  }

  private <T> Outcome run(Bound<T> bound, ByteString bytes, TaskContext context) {
    T payload;
    try {
      payload = bound.codec().decode(bytes);
    } catch (RuntimeException e) {
      return Outcome.failed(Failures.undecodable(e));
    }
    Object result;
    try {
      result = bound.handler().apply(payload, context);
    } catch (Exception e) {
      return thrown(e);
    }
    return completed(result, context);
  }

  private boolean isRetryable(Throwable cause) {
    return !(cause instanceof NonRetryableException)
        && !(cause instanceof FailureException failure && !failure.isRetryable())
        && nonRetryable.stream().noneMatch(type -> type.isInstance(cause));
  }

  /** What a handler threw. */
  Outcome thrown(Throwable cause) {
    return Outcome.failed(
        Failures.thrown(cause, isRetryable(cause)),
        cause instanceof RetryLaterException later ? later.delayMs() : 0);
  }

  private static Outcome completed(@Nullable Object result, TaskContext context) {
    EncodedValue encoded = EncodedValue.NONE;
    if (context.options().getResultPolicy() != ResultPolicy.RESULT_POLICY_DROP) {
      try {
        encoded = EncodedValue.of(result);
      } catch (RuntimeException e) {
        return Outcome.failed(Failures.unencodable(context.handler(), typeOf(result), e));
      }
    }
    Outcome completed = Outcome.completed(encoded, context.followUps());
    int bytes = completed.bytes();
    return bytes > Limits.PAYLOAD_BYTES_MAX
        ? Outcome.failed(
            Failures.resultTooLarge(context.handler(), bytes, Limits.PAYLOAD_BYTES_MAX))
        : completed;
  }

  private static String typeOf(@Nullable Object value) {
    return value == null ? "null" : value.getClass().getName();
  }
}
