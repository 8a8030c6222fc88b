package dev.muster.cli;

import dev.muster.client.Admin;
import dev.muster.client.Muster;
import dev.muster.proto.v1.ScheduleInfo;
import java.time.Instant;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code muster schedule rm}, {@code run}, {@code pause} and {@code resume}. */
final class ScheduleCommand implements Runnable {
  /** Does it, and says in one line what was done. */
  private interface Action {
    String apply(Admin admin, String schedule);
  }

  private final Terminal terminal;
  private final Action action;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(paramLabel = "NAME", description = "As schedule ls prints it.")
  private String name = "";

  private ScheduleCommand(Terminal terminal, Action action) {
    this.terminal = terminal;
    this.action = action;
  }

  static CommandLine remove(Terminal terminal) {
    return Described.command(
        new ScheduleCommand(
            terminal,
            (admin, schedule) -> {
              admin.deleteSchedule(schedule);
              return "schedule " + schedule + " is gone; the tasks that it put stay";
            }),
        "Forget a schedule; the tasks that it put stay.",
        "muster schedule rm nightly");
  }

  static CommandLine runNow(Terminal terminal) {
    return Described.command(
        new ScheduleCommand(
            terminal, (admin, schedule) -> Long.toUnsignedString(admin.runSchedule(schedule))),
        "Put a schedule's task now, beside the plan, and print its id.",
        "muster schedule run nightly");
  }

  static CommandLine pause(Terminal terminal) {
    return Described.command(
        new ScheduleCommand(
            terminal,
            (admin, schedule) -> {
              var unused = admin.pauseSchedule(schedule, true);
              return "schedule "
                  + schedule
                  + " is paused: it puts nothing until 'muster schedule resume'";
            }),
        "Keep a schedule from putting tasks, until it is resumed.",
        "muster schedule pause nightly");
  }

  static CommandLine resume(Terminal terminal) {
    return Described.command(
        new ScheduleCommand(
            terminal,
            (admin, schedule) -> {
              ScheduleInfo after = admin.pauseSchedule(schedule, false);
              return "schedule "
                  + schedule
                  + " goes on, next at "
                  + Instant.ofEpochMilli(after.getNextMs());
            }),
        "Let a paused schedule go on. Times that passed meanwhile are caught up as its --catch-up says.",
        "muster schedule resume nightly");
  }

  @Override
  public void run() {
    try (Muster muster = master.connect(terminal, "muster schedule")) {
      terminal.say(action.apply(muster.admin(), name));
    }
  }
}
