package dev.muster.master.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CronTimesTest {
  private static final String BERLIN = "Europe/Berlin";
  private static final String NEW_YORK = "America/New_York";

  /** The times after one, as local time with offset. */
  private static List<String> times(String cron, String zone, String from, int count) {
    CronTimes times = CronTimes.of(cron, zone);
    ZoneId at = ZoneId.of(zone.isEmpty() ? "UTC" : zone);
    List<String> found = new ArrayList<>();
    long ms = OffsetDateTime.parse(from).toInstant().toEpochMilli();
    for (int i = 0; i < count; i++) {
      ms = times.after(ms);
      found.add(Instant.ofEpochMilli(ms).atZone(at).toOffsetDateTime().toString());
    }
    return found;
  }

  private static List<String> utc(String cron, String from, int count) {
    return times(cron, "", from, count);
  }

  @Test
  void shouldFireAtTheNextMinuteThatMatches() {
    assertThat(utc("30 2 * * *", "2026-01-01T00:00Z", 2))
        .containsExactly("2026-01-01T02:30Z", "2026-01-02T02:30Z");
  }

  @Test
  void shouldFireStrictlyAfterTheTimeGiven() {
    assertThat(utc("0 12 * * *", "2026-01-01T12:00Z", 1)).containsExactly("2026-01-02T12:00Z");
    assertThat(utc("0 12 * * *", "2026-01-01T11:59:59.999Z", 1))
        .containsExactly("2026-01-01T12:00Z");
  }

  @Test
  void shouldReadListsRangesAndSteps() {
    assertThat(utc("1,10-14/2,*/30 0 * * *", "2025-12-31T23:59Z", 6))
        .containsExactly(
            "2026-01-01T00:00Z",
            "2026-01-01T00:01Z",
            "2026-01-01T00:10Z",
            "2026-01-01T00:12Z",
            "2026-01-01T00:14Z",
            "2026-01-01T00:30Z");
  }

  @Test
  void shouldReadNamesOfMonthsAndDays() {
    assertThat(utc("0 0 1 JAN,mar *", "2026-01-01T00:00Z", 2))
        .containsExactly("2026-03-01T00:00Z", "2027-01-01T00:00Z");
    // 2 January 2026 is a Friday.
    assertThat(utc("0 0 * * fri-sun", "2026-01-01T00:00Z", 4))
        .containsExactly(
            "2026-01-02T00:00Z", "2026-01-03T00:00Z", "2026-01-04T00:00Z", "2026-01-09T00:00Z");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 * * 0", "0 0 * * 7", "0 0 * * SUN", "0 0 * * 7-7", "0 0 * * */7"})
  void shouldTakeZeroAndSevenForSunday(String cron) {
    assertThat(utc(cron, "2026-01-01T00:00Z", 2))
        .containsExactly("2026-01-04T00:00Z", "2026-01-11T00:00Z");
  }

  @Test
  void shouldReadAWeekThatBeginsOnSunday() {
    assertThat(utc("0 0 * * SUN-TUE", "2026-01-01T00:00Z", 4))
        .containsExactly(
            "2026-01-04T00:00Z", "2026-01-05T00:00Z", "2026-01-06T00:00Z", "2026-01-11T00:00Z");
  }

  @Test
  void shouldFireOnEitherDayWhenBothAreRestricted() {
    assertThat(utc("0 0 1,15 * FRI", "2026-01-01T00:00Z", 4))
        .containsExactly(
            "2026-01-02T00:00Z", "2026-01-09T00:00Z", "2026-01-15T00:00Z", "2026-01-16T00:00Z");
  }

  @Test
  void shouldFireWhenBothDaysMatchWhenOneHoldsAStar() {
    // Every other day of the month, if it is a Monday.
    assertThat(utc("0 0 */2 * MON", "2026-01-01T00:00Z", 3))
        .containsExactly("2026-01-05T00:00Z", "2026-01-19T00:00Z", "2026-02-09T00:00Z");
  }

  @Test
  void shouldWaitForALeapYear() {
    assertThat(utc("0 0 29 2 *", "2026-01-01T00:00Z", 2))
        .containsExactly("2028-02-29T00:00Z", "2032-02-29T00:00Z");
    // 2100 is none.
    assertThat(utc("0 0 29 2 *", "2096-02-29T00:00Z", 1)).containsExactly("2104-02-29T00:00Z");
  }

  @Test
  void shouldSkipMonthsWithoutThatDay() {
    assertThat(utc("0 0 31 * *", "2026-01-31T00:00Z", 2))
        .containsExactly("2026-03-31T00:00Z", "2026-05-31T00:00Z");
  }

  // Clocks. Berlin: forward 2026-03-29 at 2:00, back 2026-10-25 at 3:00. New York: forward
  // 2026-03-08 at 2:00, back 2026-11-01 at 2:00.

  @Test
  void shouldFireOnceWhenTheClocksArePutForwardOverTheTime() {
    assertThat(times("30 2 * * *", BERLIN, "2026-03-28T02:30+01:00", 2))
        .containsExactly("2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00");
    assertThat(times("30 2 * * *", NEW_YORK, "2026-03-07T02:30-05:00", 2))
        .containsExactly("2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00");
  }

  @Test
  void shouldFireOnceForAllTimesThatTheClocksArePutForwardOver() {
    assertThat(times("*/20 2-3 * * *", BERLIN, "2026-03-29T01:59+01:00", 3))
        .containsExactly(
            "2026-03-29T03:00+02:00", "2026-03-29T03:20+02:00", "2026-03-29T03:40+02:00");
  }

  @Test
  void shouldFireOnceWhenTheTimeComesTwice() {
    assertThat(times("30 2 * * *", BERLIN, "2026-10-24T02:30+02:00", 2))
        .containsExactly("2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00");
    assertThat(times("30 1 * * *", NEW_YORK, "2026-10-31T01:30-04:00", 2))
        .containsExactly("2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00");
  }

  @Test
  void shouldNotFireInTheHourThatComesAgain() {
    assertThat(times("*/20 2-3 * * *", BERLIN, "2026-10-25T02:40+02:00", 1))
        .containsExactly("2026-10-25T03:00+01:00");
    // Asked in the middle of that hour.
    assertThat(times("*/20 2-3 * * *", BERLIN, "2026-10-25T02:10+01:00", 1))
        .containsExactly("2026-10-25T03:00+01:00");
  }

  @Test
  void shouldKeepTheRhythmOfAScheduleWithoutAnHour() {
    assertThat(times("*/30 * * * *", BERLIN, "2026-10-25T02:15+02:00", 4))
        .containsExactly(
            "2026-10-25T02:30+02:00",
            "2026-10-25T02:00+01:00",
            "2026-10-25T02:30+01:00",
            "2026-10-25T03:00+01:00");
    assertThat(times("*/30 * * * *", NEW_YORK, "2026-03-08T01:15-05:00", 3))
        .containsExactly(
            "2026-03-08T01:30-05:00", "2026-03-08T03:00-04:00", "2026-03-08T03:30-04:00");
  }

  @Test
  void shouldFireOnADayThatAZoneLeftOut() {
    // Samoa had no 30 December 2011.
    assertThat(times("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00-10:00", 1))
        .containsExactly("2011-12-31T00:00+14:00");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "60 * * * *|minute (field 1",
        "-1 * * * *|minute (field 1",
        "*/0 * * * *|minute (field 1",
        "1,,2 * * * *|minute (field 1",
        "MON * * * *|minute (field 1",
        "99999999999 * * * *|minute (field 1",
        "* 24 * * *|hour (field 2",
        "* 22-2 * * *|hour (field 2",
        "* * 0 * *|day of month (field 3",
        "* * 32 * *|day of month (field 3",
        "* * L * *|day of month (field 3",
        "* * ? * *|day of month (field 3",
        "* * 1W * *|day of month (field 3",
        "* * * 13 *|month (field 4",
        "* * * January *|month (field 4",
        "* * * * 8|day of week (field 5",
        "* * * * 1#2|day of week (field 5",
        "* * * * JAN|day of week (field 5",
        "* * * *|five fields",
        "* * * * * *|five fields",
        "@daily|five fields",
      })
  void shouldSayWhichFieldCannotBeRead(String cron, String message) {
    assertThatThrownBy(() -> CronTimes.of(cron, ""))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "\n"})
  void shouldRefuseNothing(String cron) {
    assertThatThrownBy(() -> CronTimes.of(cron, ""))
        .hasMessageContaining("five fields")
        .hasMessageContaining("0 fields: nothing");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"})
  void shouldRefuseWhatNeverFires(String cron) {
    assertThatThrownBy(() -> CronTimes.of(cron, ""))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("due some day");
  }

  @Test
  void shouldAcceptADayThatNeverComesBesideAWeekdayThatDoes() {
    assertThat(utc("0 0 31 2 MON", "2026-02-01T00:00Z", 1)).containsExactly("2026-02-02T00:00Z");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Europe/Berlim", "berlin", "+02:00", "CET-1"})
  void shouldRefuseAnUnknownZone(String zone) {
    assertThatThrownBy(() -> CronTimes.of("* * * * *", zone))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("IANA")
        .hasMessageContaining(zone);
  }

  @Test
  void shouldRefuseATextWithoutEnd() {
    assertThatThrownBy(() -> CronTimes.of("1," + "1,".repeat(10_000) + "1 * * * *", ""))
        .hasMessageContaining("at most 255 characters");
  }

  @Test
  void shouldFindTheSameTimesAsALookAtEveryMinute() {
    // given
    Predicate<ZonedDateTime> matches =
        at ->
            List.of(3, 23, 43).contains(at.getMinute())
                && at.getHour() % 5 == 0
                && (List.of(1, 13, 28).contains(at.getDayOfMonth())
                    || at.getDayOfWeek().getValue() >= 6)
                && at.getMonthValue() % 2 == 0;
    CronTimes times = CronTimes.of("3/20 */5 1,13,28 2-12/2 SAT,SUN", "");

    // when
    List<Long> expected = new ArrayList<>();
    ZonedDateTime end = LocalDate.of(2027, 3, 1).atStartOfDay(ZoneOffset.UTC);
    for (ZonedDateTime at = end.minusYears(1); at.isBefore(end); at = at.plusMinutes(1)) {
      if (matches.test(at)) {
        expected.add(at.toInstant().toEpochMilli());
      }
    }

    // then
    List<Long> found = new ArrayList<>();
    long ms = end.minusYears(1).toInstant().toEpochMilli() - 1;
    for (int i = 0; i < expected.size(); i++) {
      ms = times.after(ms);
      found.add(ms);
    }
    assertThat(found).hasSizeGreaterThan(100).isEqualTo(expected);
  }
}
