package dev.muster.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.common.InvalidInputException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code muster bench}: measures this machine with this program. */
@Command(
    name = "bench",
    description = "Measure how fast a master is on this machine.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "SCENARIO")
public final class BenchCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec spec;

  /** How figures are printed. */
  enum Output {
    table,
    json
  }

  @Command(
      name = "lifecycle",
      mixinStandardHelpOptions = true,
      description =
          "Whole lives of tasks a second: put durable, taken, result and acknowledgement durable, result taken.",
      footer = {
        "",
        "A master is started for it as a process of its own, with a data directory of its own.",
        "",
        "Example:",
        "  muster bench lifecycle --tasks 2000000 -o json"
      })
  int lifecycle(
      @Mixin LifecycleArguments arguments,
      @Option(
              names = "--rules",
              description =
                  "With rules that hold nothing back: limits and rates of the queue and of 100 tenants, ageing, retries, TTL, run limit.")
          boolean rules,
      @Option(
              names = "--priorities",
              defaultValue = "1",
              description =
                  "Priorities that the tasks have in turn, 1 to 10 (default ${DEFAULT-VALUE}).")
          int priorities,
      @Option(
              names = {"-o", "--output"},
              defaultValue = "table",
              description = "table or json.")
          Output output) {
    if (priorities < 1 || priorities > BenchRules.PRIORITIES_MAX) {
      throw new InvalidInputException("--priorities must be 1 to 10, found " + priorities);
    }
    BenchRules chosen = new BenchRules(rules, arguments.groups(), priorities);
    print(new LifecycleBench(arguments.with(chosen)).run().toMap(), output);
    return 0;
  }

  @Command(
      name = "rules",
      mixinStandardHelpOptions = true,
      description =
          "What the rules cost: whole lives a second without and with them, in turn, and the ratio of the medians.",
      footer = {
        "",
        "With rules: limits and rates of the queue and of 100 tenants, ageing, ten priorities, retries, TTL and run limit,",
        "none of which holds a task back.",
        "",
        "Example:",
        "  muster bench rules --tasks 300000 --warm-up 200000 -o json"
      })
  int rules(
      @Mixin LifecycleArguments arguments,
      @Option(
              names = "--rounds",
              defaultValue = "5",
              description = "So many runs of each (default ${DEFAULT-VALUE}).")
          int rounds,
      @Option(
              names = {"-o", "--output"},
              defaultValue = "table",
              description = "table or json.")
          Output output) {
    if (rounds < 1) {
      throw new InvalidInputException("--rounds must be at least 1, found " + rounds);
    }
    BenchRules all = BenchRules.everything(arguments.groups());
    LifecycleOptions plain = arguments.with(BenchRules.NONE);
    print(new RulesBench(plain, arguments.with(all), rounds).run(), output);
    return 0;
  }

  @Command(
      name = "dispatch",
      mixinStandardHelpOptions = true,
      description =
          "What one lease and settlement cost while 1,000 up to --waiting tasks wait in ordered groups.",
      footer = {
        "",
        "It runs the master's state machine and store in this process, without network and log.",
        "",
        "Example:",
        "  muster bench dispatch --waiting 100000 -o json"
      })
  int dispatch(
      @Option(
              names = "--waiting",
              defaultValue = "1000000",
              description = "Tasks that wait in the last step (default ${DEFAULT-VALUE}).")
          long waiting,
      @Option(
              names = "--groups",
              defaultValue = "10000",
              description =
                  "Groups among which they are spread; 0: none (default ${DEFAULT-VALUE}).")
          int groups,
      @Option(
              names = "--tasks",
              defaultValue = "200000",
              description =
                  "Tasks measured in each step, after half as many to warm up (default ${DEFAULT-VALUE}).")
          long tasks,
      @Option(
              names = {"-o", "--output"},
              defaultValue = "table",
              description = "table or json.")
          Output output) {
    boolean tooFewGroups = groups != 0 && groups < DispatchBench.LEASE_TASKS;
    if (waiting < DispatchBench.FIRST_STEP || tooFewGroups || tasks < DispatchBench.LEASE_TASKS) {
      throw new InvalidInputException(
          "--waiting must be at least 1000, --tasks at least 100, --groups 0 or at least 100");
    }
    print(new DispatchBench(waiting, groups, tasks).run(), output);
    return 0;
  }

  @Command(
      name = "pool",
      mixinStandardHelpOptions = true,
      description = "Items a second of a pool's map of trivial items.",
      footer = {
        "",
        "A master is started for it as a process of its own; caller and workers are in this one.",
        "",
        "Example:",
        "  muster bench pool --items 1000000 --workers 2 -o json"
      })
  int pool(
      @Option(
              names = "--items",
              defaultValue = "1000000",
              description = "Items measured (default ${DEFAULT-VALUE}).")
          int items,
      @Option(
              names = "--warm-up",
              defaultValue = "1000000",
              description = "Items before the clock starts (default ${DEFAULT-VALUE}).")
          int warmUp,
      @Option(
              names = "--workers",
              defaultValue = "2",
              description = "Workers with one slot each (default ${DEFAULT-VALUE}).")
          int workers,
      @Option(names = "--unordered", description = "Results as they come.") boolean unordered,
      @Option(names = "--named", description = "A map with a name: durable, to be resumed.")
          boolean named,
      @Option(
              names = {"-o", "--output"},
              defaultValue = "table",
              description = "table or json.")
          Output output) {
    if (items < 1 || warmUp < 0 || workers < 1) {
      throw new InvalidInputException(
          "--items and --workers must be at least 1, --warm-up not negative");
    }
    List<String> master = List.of("-Xmx1g", "-XX:+UseParallelGC");
    print(
        new PoolBench(new PoolBenchOptions(items, warmUp, workers, !unordered, named, master))
            .run(),
        output);
    return 0;
  }

  private void print(Map<String, Object> figures, Output output) {
    PrintWriter out = spec.commandLine().getOut();
    switch (output) {
      case json -> out.println(json(figures));
      case table -> rows(figures).forEach(out::println);
    }
    out.flush();
  }

  private static List<String> rows(Map<String, Object> figures) {
    List<String> rows = new ArrayList<>();
    figures.forEach((name, value) -> rows.add(String.format("%-18s %s", name, value)));
    return rows;
  }

  private static String json(Map<String, Object> figures) {
    try {
      return new ObjectMapper().writeValueAsString(figures);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("figures are plain values", e);
    }
  }
}
