package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.worker.TaskHandler;
import dev.muster.worker.Worker;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muster worker}. */
@Command(
    name = "worker",
    description = {
      "Run tasks of some queues until SIGTERM or Ctrl-C. The first signal lets running tasks finish and gives the others back;"
          + " the second one ends the process at once.",
      "",
      "The handler 'square' is built in. Others come from --classpath, as ServiceLoader has it: a class that implements"
          + " dev.muster.worker.TaskHandler and is named in META-INF/services/dev.muster.worker.TaskHandler.",
      "",
      "When the master cannot be reached the worker says so, goes on trying, and says so again once a minute."
    },
    footer = {
      "",
      "Examples:",
      "  muster worker --queue task",
      "  muster worker --queue render --slots 4 --label gpu=a100",
      "  muster worker --queue default --allow-exec=echo,convert",
      "  muster worker --master 10.0.0.5:5000 --queue mail --queue reports --slots 8 --classpath handlers.jar"
    })
final class WorkerCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Option(
      names = "--queue",
      required = true,
      paramLabel = "QUEUE",
      description = "A queue to serve; give it several times for several queues.")
  private final List<String> queues = new ArrayList<>();

  @Option(
      names = "--slots",
      paramLabel = "N",
      description =
          "How many tasks run at the same time, each counted with its cost; default: the number of processors.")
  private int slots = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--prefetch",
      paramLabel = "N",
      description =
          "How many more tasks may wait here, for queues of very short tasks; default: 0.")
  private int prefetch;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What people call this worker; default: worker.")
  private String name = "";

  @Option(
      names = "--label",
      paramLabel = "NAME=VALUE",
      description =
          "What tasks may require of a worker, e.g. gpu=a100; give it several times for several.")
  private final Map<String, String> labels = new LinkedHashMap<>();

  @Option(
      names = "--classpath",
      paramLabel = "JAR",
      description = "A jar or folder with handlers; give it several times for several.")
  private final List<Path> classPath = new ArrayList<>();

  @Mixin private final IsolationFlags isolation = new IsolationFlags();

  @Option(
      names = "--dev",
      description =
          "For development: load the handlers of --classpath again when its files change.")
  private boolean dev;

  @Option(
      names = "--allow-exec",
      split = ",",
      paramLabel = "PROGRAM",
      description =
          "Programs that tasks for the handler 'exec' may run, by name or absolute path; default: none.")
  private final List<String> programs = new ArrayList<>();

  @Option(
      names = "--exec-dir",
      paramLabel = "DIR",
      description =
          "Where these programs run; default: each in an empty directory of its own, removed afterwards.")
  private @Nullable Path execDirectory;

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description =
          "How long running tasks may take to finish after the first signal; default: 1m.")
  private Duration drainTimeout = Duration.ofMinutes(1);

  @Option(
      names = "--until-input-ends",
      hidden = true,
      description = "Stop when standard input ends: for a worker that must not outlive its parent.")
  private boolean untilInputEnds;

  WorkerCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    queues.forEach(QueueName::check);
    requireAtLeast("--slots", 1, slots);
    requireAtLeast("--prefetch", 0, prefetch);
    isolation.check();
    if (execDirectory != null && programs.isEmpty()) {
      throw new InvalidInputException(
          "--exec-dir needs --allow-exec: the programs that are to run there");
    }
    if (queues.size() > Limits.WORKER_QUEUES_MAX) {
      throw new InvalidInputException(
          "a worker serves at most "
              + Limits.WORKER_QUEUES_MAX
              + " queues, found "
              + queues.size());
    }
    if (!dev) {
      return serve(HandlerPath.load(classPath), worker -> {});
    }
    try (HandlerReload reload = HandlerReload.of(classPath, this::sayOfItself)) {
      return serve(reload.load(), worker -> reload.start(worker::replaceHandlers));
    }
  }

  private int serve(Collection<TaskHandler<?>> handlers, Consumer<Worker> whenStarted)
      throws InterruptedException {
    Worker.Builder builder =
        Worker.connect(master.connectOptions(terminal, "muster worker"))
            .slots(slots)
            .prefetch(prefetch)
            .drainTimeout(drainTimeout);
    if (!name.isEmpty()) {
      builder.name(name);
    }
    isolation.applyTo(builder);
    queues.forEach(builder::queue);
    labels.forEach(builder::label);
    builder.onNotice(this::sayWhenConnected);
    handlers.forEach(builder::handler);
    allowPrograms(builder);
    StopSignals stop = StopSignals.install();
    if (untilInputEnds) {
      stopWhenInputEnds(stop);
    }
    Worker worker = builder.start();
    stop.whenAsked(worker::close); // drains; the worker itself says what could not be finished
    terminal.say(
        "muster worker serves %s of %s with %d slots, handlers %s"
            .formatted(
                String.join(" ", queues),
                master.address(terminal),
                slots,
                String.join(" ", names(handlers))));
    whenStarted.accept(worker);
    worker.awaitTermination(); // throws what ended it, e.g. a wrong key: then nothing is left to
    // drain
    worker.close();
    stop.done();
    if (worker.wasKilled()) {
      terminal.note("ended at once, as 'muster kill' asked; what ran here was given back");
      return ExitCode.KILLED;
    }
    return ExitCode.OK;
  }

  /** All else that a person should know is a warning in the log, which goes to standard error. */
  private void sayWhenConnected(String notice) {
    if (notice.equals(Worker.CONNECTED) || notice.equals(Worker.CONNECTED_AGAIN)) {
      sayOfItself("is " + notice);
    }
  }

  private void sayOfItself(String what) {
    terminal.say("muster worker " + OneLine.of(what));
  }

  private List<String> names(Collection<TaskHandler<?>> handlers) {
    Stream<String> exec =
        programs.isEmpty() ? Stream.of() : Stream.of("exec(" + String.join(",", programs) + ")");
    return Stream.concat(handlers.stream().map(TaskHandler::name).sorted(), exec).toList();
  }

  private void allowPrograms(Worker.Builder builder) {
    builder.allowExec(programs.toArray(String[]::new));
    if (execDirectory != null) {
      builder.execDirectory(execDirectory);
    }
  }

  private static void requireAtLeast(String option, int least, int found) {
    if (found < least) {
      throw new InvalidInputException(option + " must be at least " + least + ", found " + found);
    }
  }

  private void stopWhenInputEnds(StopSignals stop) {
    InputStream in = terminal.in();
    Thread watcher =
        new Thread(
            () -> {
              try {
                in.transferTo(OutputStream.nullOutputStream());
              } catch (IOException closed) {
                // an end as good as any
              }
              stop.ask();
            },
            "muster-input-watcher");
    watcher.setDaemon(true);
    watcher.start();
  }
}
