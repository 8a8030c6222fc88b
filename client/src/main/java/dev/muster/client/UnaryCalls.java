package dev.muster.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.client.retry.Backoff;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.MusterException;
import dev.muster.common.RefusedException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.RequestId;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Calls with one answer. A call that could not be made is made again, unchanged, with growing waits
 * until the caller's deadline. Thread-safe.
 */
final class UnaryCalls {
  private final Supplier<Channel> channels;
  private final Supplier<Backoff> backoffs;

  @GuardedBy("this")
  private final RequestWindow window = RequestWindow.ofNewSession();

  UnaryCalls(Supplier<Channel> channels, Supplier<Backoff> backoffs) {
    this.channels = channels;
    this.backoffs = backoffs;
  }

  /**
   * Makes the call.
   *
   * @throws TimedOutException when no answer came by the deadline
   * @throws UnreachableException when the master could not be reached until then
   * @throws MusterException for a refusal and every other failure
   */
  @CanIgnoreReturnValue
  <Q, R> R call(MethodDescriptor<Q, R> method, Q request, Deadline deadline)
      throws InterruptedException {
    Backoff backoff = backoffs.get();
    while (true) {
      MusterException failure;
      try {
        return ClientCalls.blockingUnaryCall(
            channels.get(), method, CallOptions.DEFAULT.withDeadline(deadline), request);
      } catch (StatusRuntimeException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
          RefusedException refused = RpcFailures.refusal(e);
          throw new TimedOutException(
              refused == null
                  ? "the master did not answer " + method.getBareMethodName() + " in time"
                  : String.valueOf(refused.getMessage()),
              e);
        }
        failure = RpcFailures.of(e);
        if (!RpcFailures.isRetryable(e)) {
          throw failure;
        }
      } catch (UnreachableException e) {
        failure = e;
      }
      long waitMs = backoff.nextMs();
      if (deadline.timeRemaining(TimeUnit.MILLISECONDS) <= waitMs) {
        throw failure;
      }
      Thread.sleep(waitMs);
    }
  }

  /** As {@link #call}; an interrupt only sets the thread's flag again when the answer is there. */
  <Q, R> R callUninterruptibly(MethodDescriptor<Q, R> method, Q request, Deadline deadline) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return call(method, request, deadline);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** As {@link #call}, for a request that must be done once however often it is sent. */
  <Q, R> R callOnce(
      MethodDescriptor<Q, R> method, Function<RequestId, Q> request, Deadline deadline)
      throws InterruptedException {
    RequestId id = open();
    try {
      return call(method, request.apply(id), deadline);
    } finally {
      answered(id);
    }
  }

  /**
   * As {@link #callUninterruptibly}, for a request that must be done once however often it is sent.
   */
  <Q, R> R callOnceUninterruptibly(
      MethodDescriptor<Q, R> method, Function<RequestId, Q> request, Deadline deadline) {
    RequestId id = open();
    try {
      return callUninterruptibly(method, request.apply(id), deadline);
    } finally {
      answered(id);
    }
  }

  private synchronized RequestId open() {
    boolean interrupted = false;
    while (!window.hasRoom()) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return window.open();
  }

  private synchronized void answered(RequestId id) {
    window.answered(id.getNumber());
    notifyAll();
  }
}
