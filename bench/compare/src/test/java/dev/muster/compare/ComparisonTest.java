package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final Span SPAN = new Span(1, 1);

  private final List<String> turns = new ArrayList<>();
  private final StringWriter printed = new StringWriter();

  @Test
  void shouldGiveEachItsTurnInEachRoundAndBeginWithAnother() throws InterruptedException {
    Contender one = new FakeContender("one", null, turns, 10L, 30L, 20L);
    Contender two = new FakeContender("two", null, turns, 1L, 2L, 3L);

    List<Row> rows = run(3, one, two);

    assertThat(turns).containsExactly("one", "two", "two", "one", "one", "two");
    assertThat(rows)
        .extracting(Row::rates)
        .containsExactly(Turns.of(10, 30, 20), Turns.of(1, 2, 3));
  }

  @Test
  void shouldLeaveOutWhatIsNotInstalledAndSayHowToGetIt() throws InterruptedException {
    Program program = new Program("no-such-server", "no-such-package", List.of());
    Contender absent = new FakeContender("absent", program.absence(), turns);
    Contender there = new FakeContender("there", null, turns, 5L);

    List<Row> rows = run(1, absent, there);

    assertThat(turns).containsExactly("there");
    assertThat(rows.get(0).rates()).isNull();
    assertThat(printed.toString())
        .contains(
            "left out: absent: no-such-server is not installed (Debian package no-such-package)");
  }

  @Test
  void shouldLeaveOutWhatFailsAndGoOnWithTheOthers() throws InterruptedException {
    Contender failing = new FakeContender("failing", null, turns, 7L);
    Contender there = new FakeContender("there", null, turns, 1L, 2L, 3L);

    List<Row> rows = run(3, failing, there);

    assertThat(turns).containsExactly("failing", "there", "there", "failing", "there");
    assertThat(rows.get(0).rates()).isNull();
    assertThat(rows.get(0).leftOut()).startsWith("failed in round 2: broke");
    assertThat(rows.get(1).rates()).isNotNull();
  }

  private List<Row> run(int rounds, Contender... contenders) throws InterruptedException {
    return new Comparison(List.of(contenders), new PrintWriter(printed)).run(rounds, SPAN);
  }
}
