package dev.muster.bench;

import picocli.CommandLine.Command;

/** {@code muster bench}: measures this machine with this program. */
@Command(
    name = "bench",
    description = "Measure how fast a master is on this machine.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "SCENARIO",
    subcommands = {
      LifecycleCommand.class,
      SteadyCommand.class,
      PutCommand.class,
      BacklogCommand.class,
      GrowthCommand.class,
      QueuesCommand.class,
      WorkersCommand.class,
      PayloadCommand.class,
      TlsCommand.class,
      UnaryCommand.class,
      RestartCommand.class,
      RulesCommand.class,
      DispatchCommand.class,
      PoolCommand.class,
      IsolationCommand.class
    })
public final class BenchCommand {}
