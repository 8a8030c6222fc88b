package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.worker.child.v1.Begin;
import dev.muster.worker.child.v1.Done;
import dev.muster.worker.child.v1.FromChild;
import dev.muster.worker.child.v1.ToChild;
import dev.muster.worker.exec.ProcessTree;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process of handlers, as the worker sees it: runs one task at a time. Two threads of its own
 * read what it says and what it prints. It ends when its standard input does, so it never outlives
 * the worker. Thread-safe; its lock is never held while something is written.
 */
final class ChildProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);
  private static final long READY_TIMEOUT_MS = 60_000;
  private static final long CLOSE_TIMEOUT_MS = 5_000;

  private final String worker;
  private final Process process;
  private final FrameOutput out;
  private final int generation;
  private final SideThreads aside;

  /** It and what it started. Its own lock. */
  private final ProcessTree tree;

  @GuardedBy("this")
  private boolean ready;

  @GuardedBy("this")
  private final ChildEnd end;

  @GuardedBy("this")
  private boolean closed;

  @GuardedBy("this")
  private boolean worn;

  /** How many there were. */
  @GuardedBy("this")
  private long runs;

  /** Null: it is idle. */
  @GuardedBy("this")
  private @Nullable ChildRun current;

  private ChildProcess(
      String worker,
      ChildOptions options,
      int generation,
      Process process,
      String mark,
      SideThreads aside) {
    this.worker = worker;
    this.generation = generation;
    this.process = process;
    this.tree = new ProcessTree(process.toHandle(), ProcessTree.HANDLERS, mark);
    this.out = new FrameOutput(process.getOutputStream());
    this.aside = aside;
    this.end = new ChildEnd(process, options.heapBytes());
  }

  /**
   * Starts one; it has loaded nothing yet.
   *
   * @param generation of the handlers that it is to have
   * @throws ChildStartException when the system refuses
   */
  static ChildProcess start(
      String worker, ChildCommand command, ChildOptions options, int generation, SideThreads aside)
      throws ChildStartException {
    String mark = UUID.randomUUID().toString();
    Process process;
    try {
      process = command.builder(mark).start();
    } catch (IOException e) {
      throw new ChildStartException("a process for handlers cannot be started: " + e.getMessage());
    }
    ChildProcess child = new ChildProcess(worker, options, generation, process, mark, aside);
    child.thread("frames", () -> child.readFrames(process.getInputStream()));
    child.thread("errors", () -> child.readErrors(process.getErrorStream()));
    child.onEnd(child::exited);
    return child;
  }

  private void thread(String what, Runnable task) {
    Thread thread = new Thread(task, worker + "-child-" + process.pid() + "-" + what);
    thread.setDaemon(true);
    thread.start();
  }

  /** Calls back when it is gone. */
  void onEnd(Runnable callback) {
    var unused = process.onExit().thenRun(callback);
  }

  /**
   * Has it load its handlers, and waits until they are.
   *
   * @throws ChildStartException when they cannot be; it is gone then
   */
  void begin(Begin begin) throws ChildStartException {
    tell(ToChild.newBuilder().setBegin(begin).build());
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(READY_TIMEOUT_MS);
    synchronized (this) {
      try {
        while (!ready && !end.isOver()) {
          long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
          if (leftMs <= 0) {
            end.fault("it was not ready within " + READY_TIMEOUT_MS / 1_000 + " s");
            kill();
            break;
          }
          wait(leftMs);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        end.fault("nobody waits for it any more");
        kill();
      }
      if (!ready) {
        throw new ChildStartException(
            "a process for handlers does not start: " + end.causeAtStart());
      }
    }
  }

  /**
   * Runs a task to its end. An interrupt is handed on to the handler.
   *
   * @return null: the process died before the handler began, so it never had the task
   */
  @Nullable Outcome run(TaskContext task) {
    ChildRun run;
    synchronized (this) {
      if (end.hasExited()) {
        return null;
      }
      run = new ChildRun(++runs, task);
      current = run;
    }
    Elsewhere where = new Elsewhere(run);
    task.runs(where);
    if (task.hasEnded()) {
      where.kill(0); // forgotten before there was something to kill
    }
    tell(ToChild.newBuilder().setRun(run.toProto()).build());
    if (task.isDraining()) {
      where.drain(); // said before there was somebody to hear it
    }
    task.onCancel(() -> tell(ToChild.newBuilder().setCancel(run.number()).build()));
    while (!awaitEnd(run)) {
      tell(ToChild.newBuilder().setInterrupt(run.number()).build());
    }
    synchronized (this) {
      current = null;
      run.failStacks();
      worn = run.isDone() ? run.leavesWorn() : worn;
      return run.outcome(end);
    }
  }

  /** False: it was interrupted. */
  private synchronized boolean awaitEnd(ChildRun run) {
    try {
      while (!run.isDone() && !end.isOver()) {
        wait();
      }
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Why it is gone, for a person. */
  synchronized String deathCause() {
    return end.cause();
  }

  private void exited() {
    synchronized (this) {
      end.exited();
      if (current != null) {
        current.failStacks();
      }
      notifyAll();
    }
    aside.after(ChildEnd.LAST_WORDS_MS, this::wake);
    thread("sweep", this::sweep); // one that is killed sweeps nothing itself
  }

  private synchronized void wake() {
    notifyAll();
  }

  private synchronized void streamEnded() {
    end.streamEnded();
    notifyAll();
  }

  private void readFrames(InputStream from) {
    FrameInput<FromChild> frames = new FrameInput<>(from, FromChild.parser());
    try {
      for (FromChild frame = frames.read(); frame != null; frame = frames.read()) {
        received(frame);
      }
    } catch (InvalidProtocolBufferException e) {
      fail("something else than Muster wrote to the standard output of its process");
    } catch (IOException gone) {
      // its exit says why
    } finally {
      streamEnded();
    }
    if (process.isAlive() && !awaitExit()) {
      fail("it closed its standard output");
    }
  }

  private boolean awaitExit() {
    try {
      return process.waitFor(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      return false;
    }
  }

  private void fail(String why) {
    synchronized (this) {
      end.fault(why);
    }
    kill();
  }

  private void received(FromChild frame) throws InvalidProtocolBufferException {
    switch (frame.getFrameCase()) {
      case READY -> ready();
      case UNFIT -> fail(frame.getUnfit());
      case STARTED -> started(frame.getStarted());
      case SAID -> {
        TaskContext task = running();
        if (task != null) {
          task.relay(frame.getSaid());
        }
      }
      case INPUTS_WANTED -> {
        TaskContext task = running();
        if (task != null) {
          thread("inputs", () -> sendInputs(frame.getInputsWanted(), task));
        }
      }
      case DONE -> done(frame.getDone());
      case STACK -> stack(frame.getStack());
      case FRAME_NOT_SET -> throw new InvalidProtocolBufferException("an empty frame");
    }
  }

  private synchronized void ready() {
    ready = true;
    notifyAll();
  }

  private synchronized void started(long number) {
    if (current != null && current.number() == number) {
      current.started();
    }
  }

  private synchronized void done(Done last) {
    if (current != null && current.number() == last.getNumber()) {
      current.done(last);
      notifyAll();
    }
  }

  private synchronized @Nullable TaskContext running() {
    return current == null ? null : current.task();
  }

  private void stack(String text) {
    CompletableFuture<String> first;
    synchronized (this) {
      first = current == null ? null : current.pollStack();
    }
    if (first != null) {
      first.complete(text);
    }
  }

  private void sendInputs(long number, TaskContext task) {
    ChildInputs.send(number, task, piece -> tell(ToChild.newBuilder().setInputs(piece).build()));
  }

  private void readErrors(InputStream from) {
    LineOutput lines = LineOutput.to(this::printed);
    try {
      from.transferTo(lines);
      lines.flushLine();
    } catch (IOException gone) {
      // its exit says why
    } finally {
      streamEnded();
    }
  }

  /** What its Java itself says, and programs that it started. */
  private void printed(String line) {
    TaskContext task;
    synchronized (this) {
      end.printed(line);
      task = running();
    }
    if (task == null) {
      LOG.info("{}: process {} prints: {}", worker, process.pid(), line);
    } else {
      task.log("STDERR", line);
    }
  }

  /** Errors are not told: the end of the process tells all. */
  private void tell(ToChild frame) {
    try {
      out.write(frame);
    } catch (IOException gone) {
      LOG.debug("{}: process {} does not listen: {}", worker, process.pid(), gone.getMessage());
    }
  }

  long pid() {
    return process.pid();
  }

  /** Of the handlers that it has. */
  int generation() {
    return generation;
  }

  /** How many tasks it was given. */
  synchronized long tasks() {
    return runs;
  }

  /** It asked to be replaced. */
  synchronized boolean isWorn() {
    return worn;
  }

  synchronized boolean isAlive() {
    return !end.hasExited() && !closed && !end.isFaulty() && process.isAlive();
  }

  /** Kills it at once, and soon all that it started. Does not wait. */
  private void kill() {
    List<ProcessHandle> below = process.descendants().toList();
    process.destroyForcibly();
    below.forEach(ProcessHandle::destroyForcibly);
    thread("kill", this::killTree);
  }

  private void killTree() {
    synchronized (tree) {
      tree.kill();
    }
  }

  private void sweep() {
    synchronized (tree) {
      tree.killLeftBehind();
    }
  }

  /**
   * Ends it: in order when it is idle; when it runs something at once, and returns when nothing of
   * it runs any more.
   */
  void close() {
    boolean idle;
    synchronized (this) {
      closed = true;
      idle = current == null;
    }
    if (!idle) {
      killTree(); // here: the worker may be gone before another thread comes to it
      return;
    }
    try {
      process.getOutputStream().close();
    } catch (IOException gone) {
      // then it is over
    }
    aside.after(CLOSE_TIMEOUT_MS, this::kill);
  }

  /** One run, for whoever calls it off. */
  private final class Elsewhere implements RunElsewhere {
    private final ChildRun run;

    private Elsewhere(ChildRun run) {
      this.run = run;
    }

    @Override
    public void kill(long graceMs) {
      if (graceMs == 0) {
        killIfRunning();
      } else {
        aside.after(graceMs, this::killIfRunning);
      }
    }

    @Override
    public void drain() {
      tell(ToChild.newBuilder().setDraining(true).build());
    }

    private void killIfRunning() {
      synchronized (ChildProcess.this) {
        if (current != run || run.isDone()) {
          return;
        }
        end.fault("it was killed, because nobody waited for its task any more");
      }
      ChildProcess.this.kill();
    }

    @Override
    public CompletableFuture<String> stack() {
      CompletableFuture<String> answer = new CompletableFuture<>();
      synchronized (ChildProcess.this) {
        if (current != run || end.hasExited()) {
          ChildRun.failStack(answer);
          return answer;
        }
        run.addStack(answer);
      }
      tell(ToChild.newBuilder().setStackWanted(true).build());
      return answer;
    }
  }
}
