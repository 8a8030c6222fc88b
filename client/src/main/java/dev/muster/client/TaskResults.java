package dev.muster.client;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.TaskEndedException;
import dev.muster.common.TaskFailedException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnknownTaskException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Results of tasks by id, of whatever queues: of one, the first of many, or all of them.
 *
 * <pre>{@code
 * List<Long> ids = squares.enqueueAll(numbers);
 * List<Integer> all = muster.results().awaitAll(ids, Integer.class, Duration.ofMinutes(1));
 * }</pre>
 *
 * <p>Thousands of ids are one call to the master, which is made again by itself when it breaks.
 * Waiting never changes a task: when a time-out comes first, the tasks go on. Thread-safe.
 */
public final class TaskResults {
  private final ResultAwaiter awaiter;
  private final StreamedCalls calls;

  TaskResults(ResultAwaiter awaiter, StreamedCalls calls) {
    this.awaiter = awaiter;
    this.calls = calls;
  }

  /**
   * Waits for a task's result.
   *
   * @throws TaskFailedException when its handler failed for good
   * @throws TaskEndedException when it was cancelled, expired, or is quarantined
   * @throws UnknownTaskException when the id never was, or is forgotten
   * @throws TimedOutException when it was not finished in time; it goes on
   */
  public <R> R await(long id, Class<R> type, Duration timeout) {
    return await(id, Payloads.codec(type), timeout);
  }

  /** As {@link #await(long, Class, Duration)}, with a codec for the result. */
  public <R> R await(long id, Codec<R> type, Duration timeout) {
    CompletableFuture<R> result = result(id, type);
    try {
      return result.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new TimedOutException(
          "task "
              + Long.toUnsignedString(id)
              + " was not finished within "
              + timeout.toMillis()
              + " ms; it goes on");
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted("task " + Long.toUnsignedString(id) + " was awaited");
    } catch (ExecutionException | CancellationException e) {
      throw e.getCause() instanceof MusterException ours
          ? ours
          : new MusterException("awaiting the result failed: " + e.getMessage(), e);
    } finally {
      result.cancel(false);
    }
  }

  /**
   * A task's result, to come; fails as {@link #await(long, Class, Duration)} does. Cancelling the
   * future ends the waiting, not the task. What depends on it runs on the common pool.
   */
  public <R> CompletableFuture<R> result(long id, Class<R> type) {
    return result(id, Payloads.codec(type));
  }

  /** As {@link #result(long, Class)}, with a codec for the result. */
  public <R> CompletableFuture<R> result(long id, Codec<R> type) {
    CompletableFuture<TaskResult> raw = awaiter.join(id);
    CompletableFuture<R> result = raw.thenApply(end -> new TaskEnd<>(end, type).value());
    var unused = result.whenComplete((value, failure) -> awaiter.leave(id, raw));
    return result;
  }

  /**
   * Waits for the first task that ends, in whatever way.
   *
   * @param ids 1 to 65,536
   * @throws TimedOutException when none ended in time
   */
  public <R> TaskEnd<R> awaitAny(Collection<Long> ids, Class<R> type, Duration timeout) {
    return awaitAny(ids, Payloads.codec(type), timeout);
  }

  /** As {@link #awaitAny(Collection, Class, Duration)}, with a codec for the result. */
  public <R> TaskEnd<R> awaitAny(Collection<Long> ids, Codec<R> type, Duration timeout) {
    if (ids.isEmpty() || ids.size() > Limits.AWAIT_IDS_MAX) {
      throw new InvalidInputException(
          "the first of 1 to "
              + Limits.AWAIT_IDS_MAX
              + " tasks can be awaited, found "
              + ids.size());
    }
    List<TaskEnd<R>> first = new ArrayList<>(1);
    read(
        ids,
        true,
        timeout,
        TimeLimit.of(timeout),
        result -> {
          first.add(new TaskEnd<>(result, type));
          return false;
        });
    return first.get(0);
  }

  /**
   * Waits for all tasks; an end without a result is thrown as soon as it is known, and the other
   * tasks go on.
   *
   * @return the results, in the order of the ids
   * @throws TaskFailedException when a handler failed for good
   * @throws TaskEndedException when a task was cancelled, expired, or is quarantined
   * @throws UnknownTaskException when an id never was, or is forgotten
   * @throws TimedOutException when not all ended in time
   */
  public <R> List<R> awaitAll(Collection<Long> ids, Class<R> type, Duration timeout) {
    return awaitAll(ids, Payloads.codec(type), timeout);
  }

  /** As {@link #awaitAll(Collection, Class, Duration)}, with a codec for the results. */
  public <R> List<R> awaitAll(Collection<Long> ids, Codec<R> type, Duration timeout) {
    Map<Long, R> values = new HashMap<>();
    awaitEach(ids, type, timeout, end -> values.put(end.id(), end.value()));
    List<R> inOrder = new ArrayList<>(ids.size());
    for (Long id : ids) {
      inOrder.add(values.get(id));
    }
    return inOrder;
  }

  /**
   * Waits for all tasks, and hands each end over as it comes; what is thrown there ends the waiting
   * and is thrown here.
   *
   * @param ids more than 65,536 are awaited in parts, one after the other
   * @param each called by this thread, in order of completion, once for each different id
   * @throws TimedOutException when not all ended in time
   */
  public <R> void awaitEach(
      Collection<Long> ids, Class<R> type, Duration timeout, Consumer<TaskEnd<R>> each) {
    awaitEach(ids, Payloads.codec(type), timeout, each);
  }

  /** As {@link #awaitEach(Collection, Class, Duration, Consumer)}, with a codec for the results. */
  public <R> void awaitEach(
      Collection<Long> ids, Codec<R> type, Duration timeout, Consumer<TaskEnd<R>> each) {
    Deadline deadline = TimeLimit.of(timeout);
    List<Long> distinct = new ArrayList<>(new LinkedHashSet<>(ids));
    for (int from = 0; from < distinct.size(); from += Limits.AWAIT_IDS_MAX) {
      int to = Math.min(distinct.size(), from + Limits.AWAIT_IDS_MAX);
      read(
          distinct.subList(from, to),
          false,
          timeout,
          deadline,
          result -> {
            each.accept(new TaskEnd<>(result, type));
            return true;
          });
    }
  }

  /** Until all have ended, or the reader has enough: then it returns false. */
  private void read(
      Collection<Long> ids,
      boolean any,
      Duration timeout,
      Deadline deadline,
      Predicate<TaskResult> reader) {
    Set<Long> missing = new LinkedHashSet<>(ids);
    try (Replies<AwaitRequest, AwaitReply> replies =
        calls.open(
            TasksGrpc.getAwaitMethod(),
            () -> AwaitRequest.newBuilder().addAllIds(missing).setAny(any).build(),
            deadline)) {
      while (!missing.isEmpty()) {
        AwaitReply reply = replies.next();
        if (reply == null) {
          throw late(ids, missing, timeout);
        }
        for (TaskResult result : reply.getResultsList()) {
          if (missing.remove(result.getId()) && !reader.test(result)) {
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      throw TimeLimit.interrupted(ids.size() + " tasks were awaited");
    }
  }

  private static TimedOutException late(Collection<Long> ids, Set<Long> missing, Duration timeout) {
    return new TimedOutException(
        missing.size()
            + " of "
            + ids.size()
            + " tasks were not finished within "
            + timeout.toMillis()
            + " ms, such as task "
            + Long.toUnsignedString(missing.iterator().next())
            + "; they go on");
  }

  /**
   * The parts of a result that a running task gives before its end, as they come. The stream ends
   * when the task has ended, in whatever way, which {@link #await} tells. When the task is tried
   * again its parts begin again: see {@link Part#token}. Close the stream when it is left earlier.
   */
  public <R> Stream<Part<R>> partials(long id, Class<R> type) {
    return partials(id, Payloads.codec(type));
  }

  /** As {@link #partials(long, Class)}, with a codec for the parts. */
  public <R> Stream<Part<R>> partials(long id, Codec<R> type) {
    return Part.stream(new WatchReplies(calls, List.of(id)), type);
  }
}
