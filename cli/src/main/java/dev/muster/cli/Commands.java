package dev.muster.cli;

import dev.muster.bench.BenchCommand;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * Every command by its name, and how it is made. Only those are made that a command line names:
 * reading the options of every command by reflection would take longer than most commands run.
 */
final class Commands {
  private final Terminal terminal;

  private Commands(Terminal terminal) {
    this.terminal = terminal;
  }

  /**
   * {@code muster} with the command that the words name, or with all where they name none.
   *
   * @param words what follows {@code muster} on the command line
   */
  static CommandLine commandLine(Terminal terminal, List<String> words) {
    CommandLine root = new CommandLine(new MusterCommand());
    add(root, new Commands(terminal).top(), words);
    return root;
  }

  private static void add(
      CommandLine parent, Map<String, Supplier<Object>> commands, List<String> words) {
    Supplier<Object> named = words.isEmpty() ? null : commands.get(words.get(0));
    if (named == null) {
      commands.forEach((name, command) -> add(parent, name, command.get(), List.of()));
    } else {
      add(parent, words.get(0), named.get(), words.subList(1, words.size()));
    }
  }

  private static void add(CommandLine parent, String name, Object command, List<String> words) {
    if (command instanceof CommandGroup group) {
      CommandLine line = group.commandLine();
      add(line, group.commands(), words);
      parent.addSubcommand(name, line);
    } else {
      parent.addSubcommand(name, command);
    }
  }

  private Map<String, Supplier<Object>> top() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("demo", () -> new DemoCommand(terminal));
    commands.put("master", () -> new MasterCommand(terminal));
    commands.put("worker", () -> new WorkerCommand(terminal));
    commands.put("keygen", () -> new KeygenCommand(terminal));
    commands.put("put", () -> new PutCommand(terminal));
    commands.put("take", () -> new TakeCommand(terminal));
    commands.put("map", () -> new MapCommand(terminal));
    commands.put("cancel", () -> new CancelCommand(terminal));
    commands.put("task", this::task);
    commands.put("queues", () -> new QueuesCommand(terminal));
    commands.put("queue", this::queue);
    commands.put("pause", () -> QueueSwitchCommand.pause(terminal));
    commands.put("resume", () -> QueueSwitchCommand.resume(terminal));
    commands.put("purge", () -> new PurgeCommand(terminal));
    commands.put("dead", this::dead);
    commands.put("quarantine", this::quarantine);
    commands.put("schedule", this::schedule);
    commands.put("workers", () -> new WorkersCommand(terminal));
    commands.put("drain", () -> WorkerEndCommand.drain(terminal));
    commands.put("kill", () -> WorkerEndCommand.kill(terminal));
    commands.put("tail", () -> new TailCommand(terminal));
    commands.put("verify", () -> new VerifyCommand(terminal));
    commands.put("version", () -> new VersionCommand(terminal));
    commands.put("bench", BenchCommand::new);
    commands.put(
        "completion",
        () -> new CompletionCommand(terminal, () -> commandLine(terminal, List.of())));
    commands.put("warmup", () -> new WarmupCommand(terminal));
    return commands;
  }

  private CommandGroup task() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("show", () -> new TaskShowCommand(terminal));
    commands.put("ls", () -> new TaskLsCommand(terminal));
    commands.put("explain", () -> new TaskExplainCommand(terminal));
    commands.put("watch", () -> new TaskWatchCommand(terminal));
    commands.put("stack", () -> new TaskStackCommand(terminal));
    return new CommandGroup(
        "Look at tasks.",
        commands,
        List.of(
            "muster task show 4294967301",
            "muster task ls orders --state ready",
            "muster task explain 4294967301",
            "muster task watch 4294967301",
            "muster task stack 4294967301"));
  }

  private CommandGroup queue() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("show", () -> new QueueShowCommand(terminal));
    commands.put("set", () -> new QueueSetCommand(terminal));
    commands.put("pause", () -> QueueSwitchCommand.pause(terminal));
    commands.put("resume", () -> QueueSwitchCommand.resume(terminal));
    commands.put("purge", () -> new PurgeCommand(terminal));
    commands.put("drain", () -> QueueSwitchCommand.drain(terminal));
    commands.put("tenants", () -> new QueueTenantsCommand(terminal));
    commands.put("tenant", this::tenant);
    return new CommandGroup(
        "Look at one queue, and change it.",
        commands,
        List.of(
            "muster queue show orders",
            "muster queue set orders --concurrency 20 --rate 100/s",
            "muster queue tenants shared",
            "muster queue tenant set shared acme --weight 300"));
  }

  private CommandGroup tenant() {
    return new CommandGroup(
        "Change one tenant of a queue.",
        Map.of("set", () -> new TenantSetCommand(terminal)),
        List.of("muster queue tenant set shared acme --weight 300"));
  }

  private CommandGroup dead() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("ls", () -> SetAsideLsCommand.dead(terminal));
    commands.put("replay", () -> SetAsideCommand.replayDead(terminal));
    commands.put("drop", () -> SetAsideCommand.dropDead(terminal));
    return new CommandGroup(
        "Look at dead letters: tasks that failed for good.",
        commands,
        List.of(
            "muster dead ls orders",
            "muster dead replay orders --kind java.net.",
            "muster dead drop orders --all"));
  }

  private CommandGroup quarantine() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("ls", () -> SetAsideLsCommand.quarantine(terminal));
    commands.put("release", () -> SetAsideCommand.release(terminal));
    commands.put("drop", () -> SetAsideCommand.dropQuarantined(terminal));
    return new CommandGroup(
        "Look at tasks that are set aside: too many workers died with them.",
        commands,
        List.of("muster quarantine ls orders", "muster quarantine release orders 4294967301"));
  }

  private CommandGroup schedule() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("ls", () -> new ScheduleLsCommand(terminal));
    commands.put("add", () -> new ScheduleAddCommand(terminal));
    commands.put("rm", () -> ScheduleCommand.remove(terminal));
    commands.put("run", () -> ScheduleCommand.runNow(terminal));
    commands.put("pause", () -> ScheduleCommand.pause(terminal));
    commands.put("resume", () -> ScheduleCommand.resume(terminal));
    return new CommandGroup(
        "Look at schedules, and change them: tasks that are put by the clock.",
        commands,
        List.of(
            "muster schedule ls",
            "muster schedule add nightly --cron '0 3 * * *' --queue reports --name build",
            "muster schedule run nightly"));
  }
}
