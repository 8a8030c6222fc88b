package dev.muster.master.schedule;

import dev.muster.common.InvalidInputException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import org.jspecify.annotations.Nullable;

/**
 * The points of time that a cron expression stands for in a time zone.
 *
 * <p>Five fields as in crontab(5): when day of month and day of week are both restricted (hold no
 * {@code *}), one of the two is enough. Where clocks are put forward, a time that does not exist
 * that day runs when they are; where they are put back, a time that exists twice runs the first
 * time only. An expression that names no hour follows the clock on the wall in neither: every ten
 * minutes stays every ten minutes.
 *
 * <p>Our own arithmetic, not the parser's library's: that one takes 0.1 ms for each time, too long
 * for a leader that catches up with thousands, and lets a restricted day of month alone decide in
 * ways that crontab(5) does not.
 *
 * <p>Immutable.
 */
public final class CronTimes {
  /** Longest cron expression and zone, characters. */
  private static final int TEXT_MAX = 255;

  /** The calendar repeats itself after so many years: what has not come by then never comes. */
  private static final int YEARS_MAX = 400;

  private static final LocalDateTime SOME_TIME = LocalDateTime.of(2000, 1, 1, 0, 0);

  private final long minutes;
  private final long hours;
  private final long days;
  private final long months;
  private final long weekdays;
  private final boolean eitherDay;
  private final ZoneRules rules;

  private CronTimes(String[] fields, ZoneRules rules) {
    this.minutes = CronField.MINUTE.values(fields[0]);
    this.hours = CronField.HOUR.values(fields[1]);
    this.days = CronField.DAY.values(fields[2]);
    this.months = CronField.MONTH.values(fields[3]);
    this.weekdays = CronField.WEEKDAY.values(fields[4]);
    this.eitherDay = !fields[2].contains("*") && !fields[4].contains("*");
    this.rules = rules;
  }

  /**
   * Reads a schedule.
   *
   * @param cron five fields
   * @param zone IANA name of a time zone; empty: UTC
   * @throws InvalidInputException when either cannot be read, or it would never be due
   */
  public static CronTimes of(String cron, String zone) {
    String[] fields = cron.strip().split("\\s+", -1);
    if (cron.length() > TEXT_MAX || cron.isBlank() || fields.length != 5) {
      throw new InvalidInputException(
          "a schedule's cron expression has five fields (minute, hour, day of month, month, day of"
              + " week) and at most "
              + TEXT_MAX
              + " characters, found "
              + found(cron, cron.isBlank() ? 0 : fields.length));
    }
    CronTimes times = new CronTimes(fields, rulesOf(zone));
    if (times.following(SOME_TIME) == null) {
      throw new InvalidInputException(
          "a schedule must be due some day; there is none in any year for day of month "
              + fields[2]
              + ", month "
              + fields[3]
              + ", day of week "
              + fields[4]);
    }
    return times;
  }

  private static String found(String cron, int fields) {
    return cron.length() > TEXT_MAX
        ? cron.length() + " characters"
        : fields + (fields == 1 ? " field: " : " fields: ") + (fields == 0 ? "nothing" : cron);
  }

  private static ZoneRules rulesOf(String zone) {
    if (zone.isEmpty()) {
      return ZoneOffset.UTC.getRules();
    }
    if (!ZoneId.getAvailableZoneIds().contains(zone)) {
      throw new InvalidInputException(
          "a schedule's zone is the IANA name of a time zone, such as Europe/Berlin, or empty for"
              + " UTC; found "
              + zone.substring(0, Math.min(zone.length(), TEXT_MAX)));
    }
    return ZoneId.of(zone).getRules();
  }

  /** The first time after one; both ms since the epoch. */
  public long after(long ms) {
    Instant from = Instant.ofEpochMilli(ms);
    Instant next = hours == CronField.HOUR.all() ? nextElapsed(from) : nextOnTheWall(from);
    return next.toEpochMilli();
  }

  /** By the clock on the wall. */
  private Instant nextOnTheWall(Instant from) {
    LocalDateTime local = LocalDateTime.ofInstant(from, rules.getOffset(from));
    Instant next;
    do {
      local = certain(following(local));
      next = instant(local);
      // The hour that comes a second time has only times that were there before.
    } while (!next.isAfter(from));
    return next;
  }

  private Instant instant(LocalDateTime local) {
    ZoneOffsetTransition change = rules.getTransition(local);
    if (change == null) {
      return local.toInstant(rules.getOffset(local));
    }
    return change.isGap() ? change.getInstant() : local.toInstant(change.getOffsetBefore());
  }

  /** By the time that passes: from one change of the clocks to the next, as if there were none. */
  private Instant nextElapsed(Instant from) {
    ZoneOffset offset = rules.getOffset(from);
    LocalDateTime local = LocalDateTime.ofInstant(from, offset);
    while (true) {
      Instant next = certain(following(local)).toInstant(offset);
      ZoneOffsetTransition change = rules.nextTransition(from);
      if (change == null || next.isBefore(change.getInstant())) {
        return next;
      }
      from = change.getInstant();
      offset = change.getOffsetAfter();
      local = change.getDateTimeAfter().minusNanos(1);
    }
  }

  private static LocalDateTime certain(@Nullable LocalDateTime time) {
    if (time == null) {
      throw new IllegalStateException("a schedule that is due some day is due again");
    }
    return time;
  }

  /** The first time after one on a clock that nobody puts forward or back; null: there is none. */
  private @Nullable LocalDateTime following(LocalDateTime local) {
    LocalDateTime from = local.truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
    LocalDate today = from.toLocalDate();
    LocalTime time = isDay(today) ? timeFrom(from.getHour(), from.getMinute()) : null;
    if (time != null) {
      return today.atTime(time);
    }
    LocalDate day = dayFrom(today.plusDays(1));
    return day == null ? null : day.atTime(first(hours, 0), first(minutes, 0));
  }

  private @Nullable LocalTime timeFrom(int hour, int minute) {
    if (first(hours, hour) == hour && first(minutes, minute) < Long.SIZE) {
      return LocalTime.of(hour, first(minutes, minute));
    }
    int later = first(hours, hour + 1);
    return later == Long.SIZE ? null : LocalTime.of(later, first(minutes, 0));
  }

  private @Nullable LocalDate dayFrom(LocalDate from) {
    LocalDate end = from.plusYears(YEARS_MAX);
    LocalDate day = from;
    while (day.isBefore(end)) {
      if (!has(months, day.getMonthValue())) {
        day = day.withDayOfMonth(1).plusMonths(1);
      } else if (isDay(day)) {
        return day;
      } else {
        day = day.plusDays(1);
      }
    }
    return null;
  }

  private boolean isDay(LocalDate day) {
    boolean dayOfMonth = has(days, day.getDayOfMonth());
    boolean dayOfWeek = has(weekdays, day.getDayOfWeek().getValue() % 7);
    return has(months, day.getMonthValue())
        && (eitherDay ? dayOfMonth || dayOfWeek : dayOfMonth && dayOfWeek);
  }

  private static boolean has(long set, int value) {
    return (set >>> value & 1) != 0;
  }

  /** The first value of a set from one on; 64: there is none. */
  private static int first(long set, int from) {
    return Long.numberOfTrailingZeros(set & (-1L << from));
  }
}
