package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandTemplateTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          a/b/c.tar.gz, a/b/c.tar, c.tar.gz, a/b, c.tar
          c.png,        c,         c.png,    .,   c
          a.d/c,        a.d/c,     c,        a.d, c
          /c.x,         /c,        c.x,      /,   c
          /,            /,         ``,       /,   ``
          a/b/,         a/b/,      ``,       a,   ``
          a//b,         a//b,      b,        a,   b
          ``,           ``,        ``,       .,   ``
          """)
  void shouldReplaceAsParallelDoes(
      String item, String noExtension, String base, String folder, String baseNoExtension) {
    CommandTemplate template = CommandTemplate.parse("p {} {.} {/} {//} {/.} {#}");

    assertThat(template.fill(item, 7))
        .containsExactly("p", item, noExtension, base, folder, baseNoExtension, "7");
  }

  @Test
  void shouldReplaceWithinWordsAndQuotes() {
    assertThat(
            CommandTemplate.parse("convert '{}' \"out dir/{/.}.png\" x{#}y{#} {%} {x}")
                .fill("a b/c.jpg", 12))
        .containsExactly("convert", "a b/c.jpg", "out dir/c.png", "x12y12", "{%}", "{x}");
  }

  @Test
  void shouldAppendTheItemWhenItHasNoPlace() {
    assertThat(CommandTemplate.parse("echo -n").fill("x y", 1))
        .containsExactly("echo", "-n", "x y");
    assertThat(CommandTemplate.parse("echo {#}").fill("x", 3)).containsExactly("echo", "3");
  }

  @Test
  void shouldNeverReadTheItemItself() {
    assertThat(CommandTemplate.parse("echo {}").fill("$1 {#} \\0 'a' ; rm", 1))
        .containsExactly("echo", "$1 {#} \\0 'a' ; rm");
  }

  @Test
  void shouldRefuseAnEmptyCommand() {
    assertThatThrownBy(() -> CommandTemplate.parse(" "))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("--exec is empty; expected a program");
  }
}
