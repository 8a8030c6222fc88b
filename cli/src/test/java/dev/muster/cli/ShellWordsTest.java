package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShellWordsTest {
  @Test
  void shouldSplitAtBlanksAndKeepQuotedOnes() {
    assertThat(ShellWords.split("  convert 'a b'  \"c d\"e\tf\\ g\nh "))
        .containsExactly("convert", "a b", "c de", "f g", "h");
    assertThat(ShellWords.split("")).isEmpty();
    assertThat(ShellWords.split(" \t ")).isEmpty();
  }

  @Test
  void shouldKeepEmptyWordsThatAreQuoted() {
    assertThat(ShellWords.split("a '' \"\" b")).containsExactly("a", "", "", "b");
  }

  @Test
  void shouldKnowWhatABackslashQuotes() {
    assertThat(ShellWords.split("\\$a \\\\ \\' \\| \"\\\"\\$\\`\\\\ \\n\" 'a\\'"))
        .containsExactly("$a", "\\", "'", "|", "\"$`\\ \\n", "a\\");
  }

  @Test
  void shouldLeaveAloneWhatIsNothingToAShell() {
    assertThat(ShellWords.split("awk '{print $1 | \"x\"}' a$ \"$\" *.png ~ {} #x"))
        .containsExactly("awk", "{print $1 | \"x\"}", "a$", "$", "*.png", "~", "{}", "#x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a | b",
        "a > b",
        "a < b",
        "a; b",
        "a && b",
        "(a)",
        "a $HOME",
        "a \"$HOME\"",
        "a `b`",
        "a \"`b`\"",
        "a $(b)",
        "a ${b}",
        "a $1"
      })
  void shouldRefuseWhatNeedsAShell(String line) {
    assertThatThrownBy(() -> ShellWords.split(line))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("--exec runs no shell, which the '");
  }

  @Test
  void shouldSayWhereAShellWouldBeNeeded() {
    assertThatThrownBy(() -> ShellWords.split("ls | wc"))
        .hasMessage(
            "--exec runs no shell, which the '|' at character 4 needs: put it in single quotes to hand"
                + " it over as it is, or run sh -c '…' on workers with --allow-exec=sh");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "a 'b, the ' at character 3",
        "a \"b, the \" at character 3",
        "a \"b\\\", the \" at character 3",
        "a \\, ends with a backslash"
      })
  void shouldRefuseAQuoteThatDoesNotEnd(String line, String expected) {
    assertThatThrownBy(() -> ShellWords.split(line))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void shouldQuoteWordsSoThatTheyAreTheSameWhenSplitAgain() {
    List<String> words = List.of("a", "a b", "", "it's", "$x", "/a/b.c", "grün");

    String line = String.join(" ", words.stream().map(ShellWords::quoted).toList());

    assertThat(line).startsWith("a 'a b' '' 'it'\\''s' ");
    assertThat(ShellWords.split(line)).isEqualTo(words);
  }
}
