package dev.muster.worker;

import dev.muster.common.MusterException;
import dev.muster.worker.child.v1.Done;
import dev.muster.worker.child.v1.Run;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A task in a process, from its sending to its end. Guarded by its owner, which waits for it. */
final class ChildRun {
  private final long number;
  private final TaskContext task;
  private boolean started;
  private @Nullable Done done;

  /** Those who wait for a stack; the process answers in order. */
  private final Deque<CompletableFuture<String>> stacks = new ArrayDeque<>();

  /**
   * @param number from 1, one more for each run of a process
   */
  ChildRun(long number, TaskContext task) {
    this.number = number;
    this.task = task;
  }

  /** The frame that begins it. */
  Run toProto() {
    return Run.newBuilder().setNumber(number).setOffer(task.single()).build();
  }

  long number() {
    return number;
  }

  TaskContext task() {
    return task;
  }

  /** Its handler has begun: from here on the death of the process is a crash of the task. */
  void started() {
    started = true;
  }

  void done(Done last) {
    done = last;
  }

  boolean isDone() {
    return done != null;
  }

  /** Whether its process should be replaced, by its own word. */
  boolean leavesWorn() {
    return done != null && done.getWorn();
  }

  void addStack(CompletableFuture<String> waiting) {
    stacks.addLast(waiting);
  }

  /** Who waits for the answer that came; null: nobody does. */
  @Nullable CompletableFuture<String> pollStack() {
    return stacks.pollFirst();
  }

  /** Nothing answers any more. */
  void failStacks() {
    stacks.forEach(ChildRun::failStack);
    stacks.clear();
  }

  static void failStack(CompletableFuture<String> waiting) {
    waiting.completeExceptionally(new MusterException("the task does not run any more"));
  }

  /**
   * What came of it, when it is done or its process is gone.
   *
   * @return null: the process died before the handler began, so it never had the task
   */
  @Nullable Outcome outcome(ChildEnd end) {
    if (done == null) {
      return started ? Outcome.crashed(end.cause()) : null;
    }
    if (done.hasUsage()) {
      task.usage(done.getUsage());
    }
    return done.hasFailure()
        ? Outcome.failed(done.getFailure(), done.getRetryAfterMs())
        : Outcome.completed(
            new EncodedValue(done.getResult(), done.getContentType()), done.getFollowUpsList());
  }
}
