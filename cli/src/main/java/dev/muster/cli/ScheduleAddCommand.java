package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.client.Muster;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.Schedule;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster schedule add}. */
@Command(
    name = "add",
    description = {
      "Have a task put by the clock. A schedule of the same name is replaced; its last run is kept. Shows the schedule with its"
          + " next run.",
      "",
      "--cron has the five fields of crontab(5): minute, hour, day of month, month, day of week. Each time fires once, whatever"
          + " happens to the master."
    },
    footer = {
      "",
      "Examples:",
      "  muster schedule add nightly --cron '0 3 * * *' --zone Europe/Berlin --queue reports --name build '{\"day\": \"yesterday\"}'",
      "  muster schedule add tick --cron '*/5 * * * *' --queue poll --name fetch --catch-up none --ttl 5m null"
    })
final class ScheduleAddCommand implements Runnable {
  /** What happens to times that passed while no master ran, or the schedule was paused. */
  private enum Missed {
    ONE(CatchUp.CATCH_UP_ONE),
    NONE(CatchUp.CATCH_UP_NONE),
    ALL(CatchUp.CATCH_UP_ALL);

    private final CatchUp catchUp;

    Missed(CatchUp catchUp) {
      this.catchUp = catchUp;
    }
  }

  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "What the schedule is called.")
  private String name = "";

  @Parameters(
      index = "1",
      paramLabel = "JSON",
      arity = "0..1",
      description = "The payload of each task; default: null.")
  private String payload = "null";

  @Option(
      names = "--cron",
      required = true,
      paramLabel = "FIELDS",
      description = "When, e.g. '0 3 * * 1-5': at three o'clock, Monday to Friday.")
  private String cron = "";

  @Option(
      names = "--zone",
      paramLabel = "ZONE",
      description = "Whose clock it is, e.g. Europe/Berlin; default: UTC.")
  private String zone = "";

  @Option(names = "--queue", required = true, paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  @Option(
      names = "--catch-up",
      paramLabel = "one|none|all",
      description =
          "Times that passed while no master ran or it was paused: one run for all of them (default), none, or one"
              + " for each.")
  private Missed missed = Missed.ONE;

  @Mixin private final TaskOptionFlags options = new TaskOptionFlags();

  @Mixin private final OutputOption output = new OutputOption();

  ScheduleAddCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    ByteString json = JsonText.check(payload.getBytes(StandardCharsets.UTF_8), "the payload");
    Schedule.Builder schedule =
        Schedule.newBuilder()
            .setName(name)
            .setCron(cron)
            .setZone(zone)
            .setQueue(QueueName.check(queue))
            .setPayload(json)
            .setCatchUp(missed.catchUp);
    try (Muster muster = master.connect(terminal, "muster schedule")) {
      schedule.setOptions(options.on(muster.tasks(queue, JsonText.CODEC)).options());
      ScheduleFields.of(muster.admin().putSchedule(schedule.build()))
          .print(terminal.out(), output.format());
      terminal.out().flush();
    }
  }
}
