package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.client.RemoteQueue;
import dev.muster.client.TaskQueue;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muster demo}: what Python's task_master.py and task_worker.py do, with Muster. */
@Command(
    name = "demo",
    description = {
      "Start a master and workers as processes of their own, have random numbers squared, print the results, and put"
          + " everything away.",
      "",
      "With --master it uses a running master and its workers instead: queues 'task' and 'result'."
    },
    footer = {
      "",
      "Examples:",
      "  muster demo",
      "  muster demo --tasks 100 --workers 4",
      "  muster demo --master 10.0.0.5:5000 --auth-key-file muster.key"
    })
final class DemoCommand implements Callable<Integer> {
  static final String TASK_QUEUE = "task";
  static final String RESULT_QUEUE = "result";
  private static final int NUMBER_MAX = 10_000;
  private static final long LOOK_AFTER_WORKERS_MS = 500;

  private final Terminal terminal;

  @Option(names = "--tasks", paramLabel = "N", description = "How many tasks; default: 10.")
  private int tasks = 10;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description = "How many worker processes; default: 2. Not with --master.")
  private @Nullable Integer workers;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "The longest wait for a next result; default: 1m.")
  private Duration timeout = Duration.ofMinutes(1);

  @Mixin private final MasterOptions master = new MasterOptions();

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (tasks < 1) {
      throw new InvalidInputException("--tasks must be at least 1, found " + tasks);
    }
    if (workers != null && (workers < 1 || workers > 64)) {
      throw new InvalidInputException("--workers must be 1 to 64, found " + workers);
    }
    if (master.isGiven()) {
      if (workers != null) {
        throw new InvalidInputException(
            "--workers and --master exclude each other: a running master has its own workers");
      }
      try (Muster muster = Muster.connect(master.connectOptions(terminal, "muster demo"))) {
        putAndGet(muster, () -> {});
      }
    } else {
      try (DemoProcesses processes = DemoProcesses.start(terminal, workers == null ? 2 : workers);
          Muster muster = processes.connect()) {
        putAndGet(muster, processes::check);
      }
    }
    terminal.say("master exit.");
    return ExitCode.OK;
  }

  /**
   * @param check called now and then; throws when no result can come any more
   */
  private void putAndGet(Muster muster, Runnable check) throws InterruptedException {
    TaskQueue<Integer> task =
        muster.tasks(TASK_QUEUE, Integer.class).handler(SquareHandler.NAME).resultsTo(RESULT_QUEUE);
    RemoteQueue<String> result = muster.queue(RESULT_QUEUE, String.class);
    Random random = new Random();
    for (int i = 0; i < tasks; i++) {
      int number = random.nextInt(NUMBER_MAX + 1);
      terminal.say("Put task " + number + "...");
      var unused = task.enqueue(number);
      check.run();
    }
    terminal.say("Try get results...");
    for (int i = 0; i < tasks; i++) {
      terminal.say("Result: " + next(result, check));
    }
  }

  private String next(RemoteQueue<String> result, Runnable check) throws InterruptedException {
    long endNanos = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() - endNanos < 0) {
      String value = result.poll(LOOK_AFTER_WORKERS_MS, TimeUnit.MILLISECONDS);
      if (value != null) {
        return value;
      }
      check.run();
    }
    throw new TimedOutException(
        "no result within " + timeout.toMillis() + " ms; is a worker running? muster queues shows");
  }

  /** For those who handle it: that the demo cannot go on. */
  static MusterException cannotGoOn(String why) {
    return new MusterException("the demo cannot go on: " + why);
  }
}
