package dev.muster.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.common.TimedOutException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class OrderedLinesTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final PrintStream stream = new PrintStream(out, false, UTF_8);

  @Test
  void shouldKeepTheOrderWhenALaterLineIsKnownFirst() {
    CompletableFuture<String> first = new CompletableFuture<>();
    try (OrderedLines lines = new OrderedLines(stream, Duration.ofMinutes(1))) {
      lines.add(first);
      lines.add(CompletableFuture.completedFuture("second"));
      first.complete("first");
    }

    assertThat(out.toString(UTF_8).lines()).containsExactly("first", "second");
  }

  @Test
  void shouldThrowWhatKeptALineFromBeingKnown() {
    OrderedLines lines = new OrderedLines(stream, Duration.ofMinutes(1));
    lines.add(CompletableFuture.completedFuture("first"));
    lines.add(CompletableFuture.failedFuture(new InvalidInputException("refused")));

    assertThatThrownBy(lines::close)
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("refused");
    assertThat(out.toString(UTF_8).lines()).containsExactly("first");
  }

  @Test
  void shouldThrowOnceAtTheEndOfATryWithResources() {
    assertThatThrownBy(
            () -> {
              try (OrderedLines lines = new OrderedLines(stream, Duration.ofMinutes(1))) {
                while (true) {
                  lines.add(CompletableFuture.failedFuture(new InvalidInputException("refused")));
                }
              }
            })
        .isInstanceOf(InvalidInputException.class)
        .hasNoSuppressedExceptions();
  }

  @Test
  void shouldTimeOutWhenALineNeverComes() {
    OrderedLines lines = new OrderedLines(stream, Duration.ofMillis(1));
    lines.add(new CompletableFuture<>());

    assertThatThrownBy(lines::close).isInstanceOf(TimedOutException.class);
  }
}
