package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.client.Muster;
import dev.muster.client.pool.MapNameTakenException;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.UnknownHandlerException;
import dev.muster.common.InRange;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code muster map}. */
@Command(
    name = "map",
    description = {
      "Run a handler, or a program, for each line of standard input, on all workers of a queue."
          + " Prints the results in the order of the lines; what failed goes to standard error, and"
          + " the exit code is 1 then.",
      "",
      "--exec takes a command line with the replacement strings of GNU parallel: {} the line, {.}"
          + " without its extension, {/} its base name, {//} its folder, {/.} its base name without"
          + " extension, {#} its number. Words are split as a shell does it, but no shell is run;"
          + " without a replacement string the line is the last argument. Workers allow programs"
          + " with --allow-exec.",
      "",
      "A map with a name can be stopped, or killed, and resumed with the same input: results that"
          + " were delivered do not come again. After a crash the last ones may come twice; none is"
          + " lost."
    },
    footer = {
      "",
      "Examples:",
      "  muster map --handler square < numbers > out.jsonl",
      "  seq 1000000 | muster map --handler square --name squares > out.jsonl",
      "  seq 1000000 | muster map --handler square --resume squares >> out.jsonl",
      "  muster map --forget squares",
      "  muster map --exec 'convert {} out/{/.}.png' --retries 2 --joblog log < files.txt",
      "  muster map --handler size --output full < urls.txt | jq 'select(.result > 1000).item'"
    })
final class MapCommand implements Callable<Integer> {
  /** Between the end of the input and the signal that ended it, where one did. */
  private static final Duration INPUT_CUT_WITHIN = Duration.ofMillis(200);

  /** How often it looks whether somebody wants the end, before there are results. */
  private static final Duration LOOK_AT_SIGNALS = Duration.ofMillis(100);

  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @ArgGroup(multiplicity = "1")
  private Work work = new Work();

  @Option(
      names = "--queue",
      paramLabel = "QUEUE",
      description = "The queue whose workers do it; default: default.")
  private String queue = "default";

  @Option(
      names = "--input",
      paramLabel = "FORM",
      description =
          "json: each line is a JSON value; text: a text; auto: JSON if it is that, else a text."
              + " Default: auto; text with --exec.")
  private @Nullable ItemForm input;

  @Option(
      names = "--output",
      paramLabel = "FORM",
      description =
          "result: each result as JSON; full: an object with number, item, and result or failure;"
              + " text: strings, and what programs write, as they are. Default: result; text with"
              + " --exec.")
  private @Nullable MapOutput output;

  @Option(names = "--unordered", description = "Print results as they come.")
  private boolean unordered;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Make the map durable, so that it can be resumed.")
  private @Nullable String name;

  @Option(
      names = "--resume",
      paramLabel = "NAME",
      description = "Go on with a map of this name; the input must be the same.")
  private @Nullable String resume;

  @Option(
      names = "--retries",
      paramLabel = "N",
      description = "How often an item that failed is tried again; default: 0.")
  private int retries;

  @Option(
      names = "--backoff",
      paramLabel = "MIN..MAX",
      converter = BackoffRange.Converter.class,
      description = "Waits between attempts, each twice as long as the last; default: 1s..10m.")
  private @Nullable BackoffRange backoff;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long one item may take until it has failed; default: no limit.")
  private @Nullable Duration timeout;

  @Option(
      names = "--chunk",
      paramLabel = "N|auto",
      description = "How many items go to a worker at once; default: auto, by what is measured.")
  private String chunk = "auto";

  @Option(
      names = "--halt",
      paramLabel = "N",
      description = "Stop when so many items have failed; default: 0, keep going.")
  private long halt;

  @Option(
      names = "--joblog",
      paramLabel = "FILE",
      description = "Write a line for each item, with the columns of GNU parallel's log.")
  private @Nullable Path joblog;

  @Option(names = "--no-progress", description = "Say nothing about how far it is.")
  private boolean noProgress;

  /** What is done with each item. */
  static final class Work {
    @Option(
        names = "--handler",
        required = true,
        paramLabel = "HANDLER",
        description = "The handler that gets each item.")
    private @Nullable String handler;

    @Option(
        names = "--exec",
        required = true,
        paramLabel = "COMMAND",
        description = "The program to run for each item, with its arguments.")
    private @Nullable String command;

    @Option(
        names = "--forget",
        required = true,
        paramLabel = "NAME",
        description = "Call off what is left of a map, and free its name.")
    private @Nullable String forget;
  }

  MapCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    QueueName.check(queue);
    if (work.forget != null) {
      return forget(work.forget);
    }
    MapWork what = what();
    MapOptions options = options(what);
    if (joblog != null) {
      JobLog.check(joblog);
    }
    try (Muster muster = master.connect(terminal, "muster map");
        Pool pool = muster.pool(queue)) {
      return run(pool, what, options);
    }
  }

  private int forget(String map) {
    var unused = QueueName.check(map);
    try (Muster muster = master.connect(terminal, "muster map");
        Pool pool = muster.pool(queue)) {
      if (!pool.forget(map, terminal::note)) {
        throw new MusterException("there is no map " + map + ": nothing was forgotten");
      }
    }
    terminal.say("forgot map " + map);
    return ExitCode.OK;
  }

  private MapWork what() {
    if (work.command != null) {
      return MapWork.ofProgram(
          CommandTemplate.parse(work.command), timeout == null ? 0 : timeout.toMillis());
    }
    return MapWork.ofHandler(work.handler == null ? "" : work.handler);
  }

  private MapOptions options(MapWork what) {
    if (name != null && resume != null) {
      throw new InvalidInputException(
          "--name and --resume exclude each other: a map begins or goes on");
    }
    InRange.check("--retries", 0, Limits.ATTEMPTS_MAX - 1, retries);
    if (timeout != null && timeout.isZero()) {
      throw new InvalidInputException(
          "--timeout must be more than 0, found 0: leave it out for no limit");
    }
    if (halt < 0) {
      throw new InvalidInputException("--halt must be at least 0, found " + halt);
    }
    MapOptions options = MapOptions.defaults().maxAttempts(retries + 1).acknowledgedByHand();
    if (mapName() != null) {
      options = options.named(mapName());
    }
    if (name != null) { // else its results, of another input perhaps, would be taken for ours
      options = options.mustBeNew();
    }
    if (backoff != null) {
      options = options.backoff(backoff.min(), backoff.max());
    }
    if (timeout != null && !what.isProgram()) { // a program's limit goes with its command
      options = options.itemLimit(timeout);
    }
    return chunk.equals("auto") ? options : options.chunkSize(chunkSize());
  }

  private int chunkSize() {
    try {
      return Integer.parseInt(chunk);
    } catch (NumberFormatException e) {
      throw new InvalidInputException("--chunk must be a number or auto, found '" + chunk + "'", e);
    }
  }

  private @Nullable String mapName() {
    return name != null ? name : resume;
  }

  private int run(Pool pool, MapWork what, MapOptions options) {
    StatusLine status = statusLine();
    StopSignals signals = StopSignals.install();
    ItemForm form = input != null ? input : what.isProgram() ? ItemForm.TEXT : ItemForm.AUTO;
    MapInput items =
        new MapInput(
            terminal.in(), form, what, () -> mapName() != null && signals.await(INPUT_CUT_WITHIN));
    MapOptions told = options.onNotice(status::note);
    try (MapResults<ByteString> results =
        unordered
            ? pool.imapUnordered(what.function(), items, told)
            : pool.imap(what.function(), items, told)) {
      MapEnding ending = new MapEnding(terminal, status, mapName(), MapEnding.Results.of(results));
      if (!awaitBegun(results, signals)) {
        return ending.stopped(0);
      }
      sayWhereItBegins(results);
      try (@Nullable JobLog log = openLog()) {
        MapRun run =
            new MapRun(
                new MapRun.Parts(
                    what,
                    items,
                    MapRun.Results.of(results),
                    terminal.out(),
                    outputForm(what),
                    log,
                    status,
                    () -> signals.await(Duration.ZERO),
                    MapCommand::nowMs),
                new MapRun.Limits(unordered, halt));
        return ending.of(run);
      }
    } catch (MusterException failed) {
      throw explained(failed, what, String.valueOf(name));
    } finally {
      status.clear();
      signals.done();
    }
  }

  /** Only once the map has begun: it empties the log of the run before. */
  private @Nullable JobLog openLog() {
    return joblog == null ? null : JobLog.open(joblog, resume != null);
  }

  /** As a user of the command knows it. The pool knows no programs: "exec" is a handler to it. */
  private static MusterException explained(MusterException failed, MapWork what, String name) {
    if (failed instanceof MapNameTakenException taken) {
      return new InvalidInputException(
          "there is a map %s, with %s results delivered: go on with --resume %s, or choose another name"
              .formatted(name, ProgressText.number(taken.delivered()), name),
          taken);
    }
    CommandTemplate command = what.command();
    if (command != null && failed instanceof UnknownHandlerException unknown) {
      return new MusterException(
          "no worker of queue "
              + unknown.queue()
              + " runs programs: start one with --allow-exec="
              + command.words().get(0),
          failed);
    }
    return failed;
  }

  /** False: somebody wants the end first, while no worker is there or another caller has it. */
  private static boolean awaitBegun(MapResults<ByteString> results, StopSignals signals) {
    try {
      while (!results.awaitBegun(LOOK_AT_SIGNALS)) {
        if (signals.await(Duration.ZERO)) {
          return false;
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void sayWhereItBegins(MapResults<ByteString> results) {
    long before = results.deliveredBefore();
    if (resume != null) {
      terminal.note(
          results.continues()
              ? "map %s: %s results were delivered before"
                  .formatted(resume, ProgressText.number(before))
              : "there was no map %s: it begins".formatted(resume));
    }
  }

  private MapOutput outputForm(MapWork what) {
    return output != null ? output : what.isProgram() ? MapOutput.TEXT : MapOutput.RESULT;
  }

  private StatusLine statusLine() {
    Tty tty = terminal.tty();
    boolean bar = !noProgress && tty.isTerminal(2) && !"dumb".equals(terminal.variable("TERM"));
    StatusLine.Kind kind =
        noProgress ? StatusLine.Kind.NONE : bar ? StatusLine.Kind.BAR : StatusLine.Kind.LINES;
    return new StatusLine(
        terminal.err(), kind, bar ? tty.columns() : 0, bar && tty.isTerminal(1), nowMs());
  }

  private static long nowMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
