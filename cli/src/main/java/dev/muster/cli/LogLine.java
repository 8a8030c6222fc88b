package dev.muster.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.BooleanSupplier;

/** A log event in one line; its stack trace follows only when that was asked for. */
final class LogLine extends LayoutBase<ILoggingEvent> {
  private final BooleanSupplier withStackTraces;

  LogLine(BooleanSupplier withStackTraces) {
    this.withStackTraces = withStackTraces;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    String logger = event.getLoggerName();
    StringBuilder line = new StringBuilder(160);
    line.append(Instant.ofEpochMilli(event.getTimeStamp()).truncatedTo(ChronoUnit.MILLIS))
        .append(' ')
        .append(event.getLevel())
        .append(' ')
        .append(logger, logger.lastIndexOf('.') + 1, logger.length())
        .append(": ")
        .append(event.getFormattedMessage());
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null && !withStackTraces.getAsBoolean()) {
      line.append(": ")
          .append(thrown.getMessage() == null ? thrown.getClassName() : thrown.getMessage());
    }
    String text = OneLine.of(line.toString()) + System.lineSeparator();
    return thrown != null && withStackTraces.getAsBoolean()
        ? text + ThrowableProxyUtil.asString(thrown)
        : text;
  }
}
