package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.Usage;
import dev.muster.proto.v1.WorkerFrame;
import dev.muster.worker.child.v1.Begin;
import dev.muster.worker.child.v1.Done;
import dev.muster.worker.child.v1.FromChild;
import dev.muster.worker.child.v1.Inputs;
import dev.muster.worker.child.v1.Run;
import dev.muster.worker.child.v1.ToChild;
import dev.muster.worker.exec.ProcessTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A process of handlers from within: one thread reads frames, one runs handlers. What handlers
 * print becomes log lines of their task, so that it never gets among the frames.
 */
final class ChildTasks {
  private static final int EXIT_UNFIT = 1;
  private static final long EXIT_WITHIN_MS = 2_000;

  private final FrameInput<ToChild> in;
  private final FrameOutput out;
  private final PrintStream errors;
  private final LineOutput printed = LineOutput.to(line -> print("STDOUT", line));
  private final LineOutput printedErrors = LineOutput.to(line -> print("STDERR", line));
  private final BlockingQueue<TaskContext> tasks = new LinkedBlockingQueue<>();
  private final BlockingQueue<Inputs> inputs = new LinkedBlockingQueue<>();
  private final SideThreads aside = new SideThreads("child");
  private final Reports reports = new Reports(aside, 0);
  private final TaskServices services =
      new TaskServices(reports, this::fetchInputs, aside, notice -> {});

  // For the handler's thread.
  private final UsageMeter meter = UsageMeter.ofThisThread();
  private final PeakMemory peak = PeakMemory.ofThisProcess();

  private final Thread handlerThread = new Thread(this::runAll, "handler");
  private volatile Begin begin = Begin.getDefaultInstance();

  private final Object sending = new Object();

  /** What runs or is about to, and the number of its run. */
  @GuardedBy("this")
  private @Nullable TaskContext running;

  @GuardedBy("this")
  private long number;

  /** Its handler has begun: only then its thread may be interrupted. */
  @GuardedBy("this")
  private boolean begun;

  @GuardedBy("this")
  private boolean interruptWanted;

  ChildTasks(InputStream in, OutputStream out, PrintStream errors) {
    this.in = new FrameInput<>(in, ToChild.parser());
    this.out = new FrameOutput(out);
    this.errors = errors;
  }

  /** Until the worker closes its end, or is gone; then the process ends, whatever runs. */
  void serve() {
    System.setOut(printed.printer());
    System.setErr(printedErrors.printer());
    reports.onWaiting(this::sendReports);
    Runtime.getRuntime().addShutdownHook(new Thread(this::lastWords, "last-words"));
    try {
      for (ToChild frame = in.read(); frame != null; frame = in.read()) {
        received(frame);
      }
    } catch (IOException e) {
      errors.println("the worker's end broke: " + e.getMessage());
    }
    Thread limit = new Thread(ChildTasks::haltSoon, "exit-limit");
    limit.setDaemon(true);
    limit.start();
    System.exit(0);
  }

  private static void haltSoon() {
    try {
      Thread.sleep(EXIT_WITHIN_MS);
    } catch (InterruptedException e) {
      // then now
    }
    Runtime.getRuntime().halt(0);
  }

  /** However the process ends: what was said before is heard, and nothing that it started stays. */
  private void lastWords() {
    printed.flushLine();
    printedErrors.flushLine();
    sendReports();
    String mark = System.getenv().getOrDefault(ProcessTree.HANDLERS, "");
    new ProcessTree(ProcessHandle.current(), ProcessTree.HANDLERS, mark).killLeftBehind();
  }

  private void received(ToChild frame) {
    switch (frame.getFrameCase()) {
      case BEGIN -> {
        begin = frame.getBegin();
        handlerThread.setDaemon(true);
        handlerThread.start();
      }
      case RUN -> accept(frame.getRun());
      case CANCEL -> {
        TaskContext task = running(frame.getCancel());
        if (task != null) {
          task.cancel();
          inputs.add(Inputs.newBuilder().setNumber(frame.getCancel()).build()); // to look again
        }
      }
      case INTERRUPT -> interrupt(frame.getInterrupt());
      case INPUTS -> inputs.add(frame.getInputs());
      case STACK_WANTED -> write(FromChild.newBuilder().setStack(ThreadDump.of(handlerThread)));
      case DRAINING -> services.draining().set(true);
      case FRAME_NOT_SET -> errors.println("an empty frame came from the worker");
    }
  }

  private void accept(Run run) {
    TaskContext task = new TaskContext(run.getOffer(), 0, services);
    synchronized (this) {
      running = task;
      number = run.getNumber();
      begun = false;
      interruptWanted = false;
    }
    tasks.add(task);
  }

  private synchronized @Nullable TaskContext running(long which) {
    return which == number ? running : null;
  }

  private synchronized void interrupt(long which) {
    if (which == number && running != null) {
      interruptWanted = true;
      if (begun) {
        handlerThread.interrupt();
      }
    }
  }

  private void runAll() {
    ChildHandlers handlers;
    try {
      handlers = ChildHandlers.load(begin);
    } catch (MusterException e) {
      write(FromChild.newBuilder().setUnfit(String.valueOf(e.getMessage())));
      Runtime.getRuntime().halt(EXIT_UNFIT);
      return;
    }
    write(FromChild.newBuilder().setReady(true));
    while (true) {
      try {
        run(tasks.take(), handlers);
      } catch (InterruptedException e) {
        // by a handler's own code, for a task that is over
      }
    }
  }

  private void run(TaskContext task, ChildHandlers handlers) {
    write(FromChild.newBuilder().setStarted(begin()));
    long startNanos = System.nanoTime();
    meter.begin(startNanos);
    peak.begin(startNanos);
    Outcome outcome = handlers.run(task, errors);
    Usage usage = meter.end(System.nanoTime() - startNanos, task.moreCpuNs());
    printed.flushLine();
    printedErrors.flushLine();
    long run = end();
    sendReports();
    task.end();
    inputs.clear();
    Done.Builder done =
        Done.newBuilder()
            .setNumber(run)
            .setResult(outcome.result().bytes())
            .setContentType(outcome.result().contentType())
            .addAllFollowUps(outcome.followUps())
            .setRetryAfterMs(outcome.retryAfterMs())
            .setWorn(handlers.isWorn());
    if (outcome.failure() != null) {
      done.setFailure(outcome.failure());
    }
    if (usage != null) {
      done.setUsage(usage.toBuilder().setPeakBytes(peak.bytes()));
    }
    write(FromChild.newBuilder().setDone(done));
  }

  /** The handler's thread begins the next run; returns its number. */
  private synchronized long begin() {
    begun = true;
    if (interruptWanted) {
      handlerThread.interrupt();
    }
    return number;
  }

  private synchronized long end() {
    running = null;
    begun = false;
    var unused = Thread.interrupted(); // was meant for the task that is over
    return number;
  }

  private void print(String level, String line) {
    TaskContext task;
    synchronized (this) {
      task = running;
    }
    if (task == null) {
      errors.println(line);
    } else {
      task.log(level, line);
    }
  }

  /** In the order in which it was said, and before the outcome of its task. */
  private void sendReports() {
    synchronized (sending) {
      while (reports.isWaiting()) {
        WorkerFrame.Builder said = WorkerFrame.newBuilder();
        reports.moveTo(said, 0, Limits.MESSAGE_BYTES_MAX);
        write(FromChild.newBuilder().setSaid(said));
      }
    }
  }

  private List<Input> fetchInputs(TaskContext task) throws InterruptedException {
    long run;
    synchronized (this) {
      run = number;
    }
    write(FromChild.newBuilder().setInputsWanted(run));
    List<Input> fetched = new ArrayList<>();
    while (true) {
      Inputs piece = inputs.take();
      task.checkCancelled();
      if (piece.getNumber() != run) {
        continue;
      }
      if (!piece.getError().isEmpty()) {
        throw new MusterException(piece.getError());
      }
      piece.getResultsList().forEach(result -> fetched.add(new Input(result)));
      if (piece.getComplete()) {
        return List.copyOf(fetched);
      }
    }
  }

  private void write(FromChild.Builder frame) {
    try {
      out.write(frame.build());
    } catch (IOException gone) {
      // the worker is gone: the end of standard input ends this process
    }
  }
}
