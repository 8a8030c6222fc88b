package dev.muster.master.schedule;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.field.CronFieldName;
import com.cronutils.model.field.expression.Always;
import com.cronutils.model.field.expression.And;
import com.cronutils.model.field.expression.Between;
import com.cronutils.model.field.expression.Every;
import com.cronutils.model.field.expression.FieldExpression;
import com.cronutils.model.field.expression.On;
import com.cronutils.model.field.value.FieldValue;
import com.cronutils.parser.CronParser;
import dev.muster.common.InvalidInputException;
import java.util.Locale;
import java.util.regex.Pattern;

/** One field of a cron expression: in comes its text, out goes the set of its values. */
enum CronField {
  MINUTE(CronFieldName.MINUTE, "minute (field 1 of its cron expression)", 0, 59, "0 to 59"),
  HOUR(CronFieldName.HOUR, "hour (field 2 of its cron expression)", 0, 23, "0 to 23"),
  DAY(
      CronFieldName.DAY_OF_MONTH,
      "day of month (field 3 of its cron expression)",
      1,
      31,
      "1 to 31"),
  MONTH(
      CronFieldName.MONTH,
      "month (field 4 of its cron expression)",
      1,
      12,
      "1 to 12 or JAN to DEC"),
  /** Sunday is 0, in the set. */
  WEEKDAY(
      CronFieldName.DAY_OF_WEEK,
      "day of week (field 5 of its cron expression)",
      0,
      6,
      "0 to 7 or SUN to SAT, where 0, 7 and SUN are Sunday");

  private static final CronParser PARSER =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
  private static final Pattern LETTERS = Pattern.compile("[A-Za-z0-9*,/-]+");

  private final CronFieldName name;
  private final String words;
  private final int min;
  private final int max;
  private final String expected;

  CronField(CronFieldName name, String words, int min, int max, String expected) {
    this.name = name;
    this.words = words;
    this.min = min;
    this.max = max;
    this.expected = expected;
  }

  /** Every value of this field: a bit for each. */
  long all() {
    return (-1L << min) & (-1L >>> (63 - max));
  }

  /**
   * The values that a text stands for: a bit for each.
   *
   * @throws InvalidInputException when it cannot be read
   */
  long values(String text) {
    if (text.equals("*")) {
      return all();
    }
    if (!LETTERS.matcher(text).matches()) {
      throw unreadable(text);
    }
    try {
      // A parser of one field would not know which values are its own: the others stand open.
      return values(PARSER.parse(among(text)).retrieve(name).getExpression());
    } catch (RuntimeException e) {
      // The parser's own message does not say which field it means.
      throw unreadable(text);
    }
  }

  private String among(String text) {
    StringBuilder cron = new StringBuilder();
    for (CronField field : values()) {
      cron.append(field == this ? readable(text) : "*").append(' ');
    }
    return cron.toString();
  }

  /** The parser takes SUN for 7, so that SUN-THU would be a range that goes down. */
  private String readable(String text) {
    return this == WEEKDAY ? text.toUpperCase(Locale.ROOT).replace("SUN-", "0-") : text;
  }

  private long values(FieldExpression expression) {
    if (expression instanceof Always) {
      return all();
    }
    if (expression instanceof On on) {
      return bit(on.getTime().getValue());
    }
    if (expression instanceof Between between) {
      return range(number(between.getFrom()), number(between.getTo()), 1);
    }
    if (expression instanceof Every every) {
      return every(every.getExpression(), every.getPeriod().getValue());
    }
    if (expression instanceof And and) {
      return and.getExpressions().stream().mapToLong(this::values).reduce(0, (a, b) -> a | b);
    }
    throw new IllegalArgumentException("no such expression in crontab(5): " + expression);
  }

  private long every(FieldExpression of, int period) {
    if (of instanceof Between between) {
      return range(number(between.getFrom()), number(between.getTo()), period);
    }
    return range(of instanceof On on ? on.getTime().getValue() : min, max, period);
  }

  private static int number(FieldValue<?> value) {
    return (Integer) value.getValue();
  }

  private long range(int from, int to, int step) {
    if (step < 1) {
      throw new IllegalArgumentException("a step is at least 1, found " + step);
    }
    long bits = 0;
    for (int value = from; value <= to; value += step) {
      bits |= bit(value);
    }
    return bits;
  }

  private long bit(int value) {
    return 1L << (this == WEEKDAY ? value % 7 : value);
  }

  private InvalidInputException unreadable(String text) {
    return new InvalidInputException(
        "a schedule's "
            + words
            + " is *, or "
            + expected
            + ", with lists (1,2), ranges upwards (1-5) and steps (*/5); found "
            + text);
  }
}
