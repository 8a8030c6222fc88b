package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MarkdownTableTest {
  private static final List<String> TURNS = new ArrayList<>();

  @Test
  void shouldHaveARowForEachThatWasMeasuredAndTheReasonForTheOthers() {
    Row measured =
        Row.measured(new FakeContender("one", null, TURNS), "1.2", Turns.of(1000, 3000, 2000));
    Row failed = Row.leftOut(new FakeContender("two", null, TURNS), "broke\n  with a trace");

    assertThat(MarkdownTable.of(List.of(measured, failed), "Made by hand."))
        .isEqualTo(
            """
            Made by hand.

            | queue | lives a second | least to most | CPU of a life, µs: server + clients | server's memory, MB | when a put is acknowledged | driven by |
            | --- | ---: | --- | ---: | ---: | --- | --- |
            | Queue one (1.2) | 2,000 | 1,000 to 3,000 | 2.0 + 1.0 | 64 | safe | by hand |

            Left out:

            - Queue two: broke
            """);
  }

  @Test
  void shouldReplaceOnlyWhatStandsBetweenTheMarks() {
    String page = "before\n" + MarkdownTable.BEGIN + "\nold\n" + MarkdownTable.END + "\nafter\n";

    assertThat(MarkdownTable.into(page, "new\n"))
        .isEqualTo("before\n" + MarkdownTable.BEGIN + "\nnew\n" + MarkdownTable.END + "\nafter\n");
  }

  @Test
  void shouldRefuseAPageWithoutTheMarks() {
    assertThatThrownBy(() -> MarkdownTable.into("a page\n", "new\n"))
        .isInstanceOf(ComparisonException.class)
        .hasMessageContaining(MarkdownTable.BEGIN);
  }
}
