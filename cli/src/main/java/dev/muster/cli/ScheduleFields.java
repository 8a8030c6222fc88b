package dev.muster.cli;

import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import java.util.Locale;

/** What is known of a schedule. */
final class ScheduleFields {
  private static final String CATCH_UP = "CATCH_UP_";

  private ScheduleFields() {}

  static Fields of(ScheduleInfo info) {
    Schedule schedule = info.getSchedule();
    Fields fields =
        new Fields()
            .text("name", schedule.getName())
            .text("cron", schedule.getCron())
            .text("zone", schedule.getZone().isEmpty() ? "UTC" : schedule.getZone())
            .text("queue", schedule.getQueue())
            .text("catch_up", name(schedule.getCatchUp()))
            .flag("paused", info.getPaused())
            .timeIfAny("next", info.getNextMs())
            .timeIfAny("last", info.getLastMs())
            .numberIfAny("last_task", info.getLastTask())
            .number("runs", info.getRuns());
    TaskFields.options(fields, schedule.getOptions());
    TaskFields.bytes(
        fields, "payload", schedule.getPayload(), schedule.getOptions().getContentType());
    return fields;
  }

  private static String name(CatchUp catchUp) {
    return catchUp.name().replace(CATCH_UP, "").toLowerCase(Locale.ROOT);
  }
}
