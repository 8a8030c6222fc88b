package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.muster.common.MusterException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogLineTest {

  @Test
  void shouldPutTimeLevelClassAndMessageOnOneLine() {
    String line = new LogLine(() -> false).doLayout(event("left\nright", null));

    assertThat(line.lines()).containsExactly("1970-01-01T00:00:01Z WARN Session: left right");
  }

  @Test
  void shouldLeaveTheStackTraceOutUnlessItIsWanted() {
    LoggingEvent event = event("lost", new MusterException("the reason"));

    assertThat(new LogLine(() -> false).doLayout(event).lines())
        .containsExactly("1970-01-01T00:00:01Z WARN Session: lost: the reason");
    assertThat(new LogLine(() -> true).doLayout(event)).contains("\tat ");
  }

  private static LoggingEvent event(String message, @Nullable Throwable thrown) {
    LoggingEvent event =
        new LoggingEvent(
            "caller",
            new LoggerContext().getLogger("dev.muster.worker.Session"),
            Level.WARN,
            message,
            thrown,
            new Object[0]);
    event.setTimeStamp(1_000);
    return event;
  }
}
