package dev.muster.master.rpc;

import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Which thread runs a call. A put of a single request never waits for anything: it is checked and
 * proposed on the I/O thread that has read it, because each hand-over to another thread shows in
 * how long the caller waits. All other calls may wait for the state machine, and run on threads of
 * their own. Thread-safe.
 */
public final class CallThreads implements ServerCallExecutorSupplier, AutoCloseable {
  private static final int THREADS = 2;
  private static final String PUT = TasksGrpc.getEnqueueMethod().getFullMethodName();

  /** Not gRPC's own direct executor: with that, gRPC would never ask for another one. */
  private final Executor here = Runnable::run;

  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          task -> {
            Thread thread = new Thread(task, "muster-calls");
            thread.setDaemon(true);
            return thread;
          });

  /** Where gRPC looks up what is called, before it asks {@link #getExecutor}. */
  public Executor first() {
    return here;
  }

  @Override
  public <Q, R> Executor getExecutor(ServerCall<Q, R> call, Metadata headers) {
    return call.getMethodDescriptor().getFullMethodName().equals(PUT) ? here : threads;
  }

  /** Ends what is under way, and stops. Safe to call twice. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
