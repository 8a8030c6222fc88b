package dev.muster.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code muster} by itself: the list of commands. */
@Command(
    name = "muster",
    description = "Hands tasks to workers on any machine, and loses none.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Examples:",
      "  muster demo                                  a master, two workers, ten tasks",
      "  muster keygen --out muster.key               make the key that guards a master",
      "  export MUSTER_AUTH_KEY=$(cat muster.key)",
      "  muster master --data ./muster-data           run a master on 127.0.0.1:5000",
      "  muster worker --queue task --slots 4         run a worker",
      "  muster put --queue task --name square --await 12",
      "  muster queues                                what stands where",
      "  muster task explain 4294967301               why a task waits",
      "",
      "Environment:",
      "  MUSTER_AUTH_KEY   the key, when --auth-key-file is not given",
      "  MUSTER_MASTER     the master, when --master is not given",
      "",
      "Exit codes: 0 done, 2 usage, 3 timed out, 4 authentication, 5 unreachable, 1 otherwise."
    })
final class MusterCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "expected a command");
  }
}
