package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.v1.ScheduleRecord;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;

/**
 * A schedule, with where it stands.
 *
 * @param revision the log index of the command that put it last: another revision may have another
 *     cron expression
 */
public record PlannedSchedule(ScheduleInfo info, long revision) {
  static PlannedSchedule of(ScheduleRecord record) {
    return new PlannedSchedule(record.getInfo(), record.getRevision());
  }

  ByteString toRecord() {
    return ScheduleRecord.newBuilder().setInfo(info).setRevision(revision).build().toByteString();
  }

  PlannedSchedule with(ScheduleInfo.Builder changed) {
    return new PlannedSchedule(changed.build(), revision);
  }

  public String name() {
    return info.getSchedule().getName();
  }

  /** Runs by the clock at the same times as another. */
  boolean hasTimesOf(Schedule other) {
    Schedule own = info.getSchedule();
    return own.getCron().equals(other.getCron()) && own.getZone().equals(other.getZone());
  }

  /** Will be due, if nobody changes it. */
  boolean isPlanned() {
    return !info.getPaused() && info.getNextMs() > 0;
  }

  /** What it takes in memory, bytes, about. */
  long bytes() {
    return info.getSchedule().getSerializedSize();
  }
}
