package dev.muster.compare;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "bench/compare/run",
    sortOptions = false,
    usageHelpWidth = 100,
    description =
        "Whole lives of tasks a second through Muster and other queues, in alternating rounds on this machine.",
    footer = {
      "",
      "A queue that is not installed is left out. Each is started on loopback with fresh data in a",
      "temporary directory, and removed with it.",
      "",
      "Examples:",
      "  bench/compare/run",
      "  bench/compare/run --only redis-always --batch 500,1000,2000 --rounds 3"
    })
final class CompareCommand implements Callable<Integer> {
  /** System property: the project's directory, where the script muster is. */
  private static final String ROOT = "muster.root";

  /** System property: the commit that Muster is built from; absent: nobody knows. */
  private static final String COMMIT = "muster.commit";

  private static final String PAGE = "performance.md";
  private static final String CHART = "comparison.svg";

  @Option(
      names = "--rounds",
      defaultValue = "5",
      description = "Turns of each; their median counts (default ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--seconds",
      defaultValue = "8",
      description = "Measured in a turn (default ${DEFAULT-VALUE}).")
  private int seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "12",
      description =
          "Seconds of load before the clock starts; servers in Java compile for that long (default ${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "NAME",
      description = "Only these: ${COMPLETION-CANDIDATES} (default: all).",
      completionCandidates = Contenders.Ids.class)
  private List<String> only = List.of();

  @Option(
      names = "--batch",
      split = ",",
      paramLabel = "N",
      description =
          "Tries these batch sizes of the peers, instead of the best of those tried before (docs/performance.md).")
  private List<Integer> batches = List.of();

  @Option(
      names = "--docs",
      paramLabel = "DIR",
      description =
          "Where performance.md gets the table and comparison.svg is written (default: nothing is written).")
  private @Nullable Path docs;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this.")
  @SuppressWarnings("UnusedVariable") // picocli reads it
  private boolean help;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec command;

  private final List<String> given;

  CompareCommand(String... given) {
    this.given = List.of(given);
  }

  /** The program. */
  public static void main(String... arguments) {
    System.exit(commandLine(arguments).execute(arguments));
  }

  static CommandLine commandLine(String... arguments) {
    CommandLine line = new CommandLine(new CompareCommand(arguments));
    line.setExecutionExceptionHandler(
        (failure, on, parsed) -> {
          if (failure instanceof ComparisonException) {
            on.getErr().println("compare: " + failure.getMessage());
            return 1;
          }
          throw failure;
        });
    return line;
  }

  @Override
  public Integer call() throws InterruptedException {
    Span span = span();
    List<Contender> chosen = chosen();
    checkDocs();
    PrintWriter out = command.commandLine().getOut();
    List<Row> rows = new Comparison(chosen, out).run(rounds, span);
    String table = MarkdownTable.of(rows, heading(span));
    out.println();
    out.println(table);
    out.flush();
    if (docs != null) {
      write(rows, table, docs);
    }
    return rows.stream().anyMatch(row -> row.rates() != null) ? 0 : 1;
  }

  /** Checked. */
  Span span() {
    if (rounds < 1) {
      throw refused("--rounds must be at least 1, found " + rounds);
    }
    try {
      return new Span(warmUp, seconds);
    } catch (IllegalArgumentException e) {
      throw refused(e.getMessage());
    }
  }

  /** Checked. */
  List<Contender> chosen() {
    for (String id : only) {
      if (!Contenders.ids().contains(id)) {
        throw refused("--only must be of " + String.join(", ", Contenders.ids()) + ", found " + id);
      }
    }
    for (int batch : batches) {
      if (batch < 1 || batch > Flow.UNFINISHED_MAX / 2) {
        throw refused("--batch must be 1 to " + Flow.UNFINISHED_MAX / 2 + ", found " + batch);
      }
    }
    if (docs != null && !batches.isEmpty()) {
      throw refused("--batch is for finding the best; --docs is for what it was: give one of them");
    }
    if (!batches.isEmpty() && only.equals(List.of(MusterContender.ID))) {
      throw refused("--batch is for the peers: Muster batches by itself; name a peer with --only");
    }
    List<Contender> all = new ArrayList<>();
    if (batches.isEmpty() && isChosen(MusterContender.ID)) {
      all.add(
          new MusterContender(
              Path.of(System.getProperty(ROOT, ".")), System.getProperty(COMMIT, "")));
    }
    for (Peer peer : Contenders.peers()) {
      if (!isChosen(peer.id())) {
        continue;
      }
      if (batches.isEmpty()) {
        all.add(PeerContender.best(peer));
      }
      batches.forEach(batch -> all.add(PeerContender.trying(peer, batch)));
    }
    return all;
  }

  private boolean isChosen(String id) {
    return only.isEmpty() || only.contains(id);
  }

  /** Before minutes are spent on what cannot be written then. */
  private void checkDocs() {
    if (docs == null) {
      return;
    }
    Path page = docs.resolve(PAGE);
    try {
      String unused = MarkdownTable.into(Files.readString(page), "");
    } catch (IOException e) {
      throw refused("--docs must be a directory with the page " + PAGE + ", found no " + page);
    } catch (ComparisonException e) {
      throw refused("--docs: " + page + ": " + e.getMessage());
    }
  }

  private ParameterException refused(@Nullable String why) {
    return new ParameterException(command.commandLine(), String.valueOf(why));
  }

  private String heading(Span span) {
    return String.format(
        Locale.ROOT,
        "Made by `%s` on %s: medians of %d alternating rounds, each with %d s of warm-up and %d s measured (Muster counts tasks instead: %,d for each second); %d cores, Java %s, Linux %s.",
        String.join(" ", list("bench/compare/run", given)),
        LocalDate.now(ZoneOffset.UTC),
        rounds,
        span.warmUpS(),
        span.measuredS(),
        MusterContender.TASKS_A_SECOND,
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().feature(),
        System.getProperty("os.version"));
  }

  private static List<String> list(String first, List<String> rest) {
    List<String> all = new ArrayList<>();
    all.add(first);
    all.addAll(rest);
    return all;
  }

  private static void write(List<Row> rows, String table, Path docs) {
    Path page = docs.resolve(PAGE);
    try {
      BarChart.write(rows, docs.resolve(CHART));
      Files.writeString(page, MarkdownTable.into(Files.readString(page), table));
    } catch (IOException e) {
      throw new ComparisonException("the table is above, but cannot be written: " + e, e);
    }
  }
}
