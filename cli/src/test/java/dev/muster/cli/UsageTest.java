package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a command line that cannot work gets, before anything is connected: one line, exit code 2.
 */
class UsageTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          bogus                            | there is no command 'bogus'
          task                             | expected a command: show
          task drop                        | there is no command 'drop'
          put 1                            | Missing required option: '--queue=QUEUE'
          put --queue a --quue b           | Unknown option
          put --queue a,b 1                | queue name must match
          put --queue a hello              | value 1, column
          put --queue a 1 {                | value 2, column
          put --queue a --await --result-queue b 1 | --await and --result-queue exclude each other
          put --queue a --await --timeout 5 1      | expected a duration such as 500ms, 5s, 1m or 1h, found '5'
          take --queue a --count 0         | --count must be at least 1, found 0
          take --queue ä                   | queue name must match
          take --queue a --count x         | 'x' is not
          queues -o xml                    | expected one of [TABLE, JSON]
          task show abc                    | a task id is a number, as put printed it; found 'abc'
          """)
  void shouldSayWhatIsWrongInOneLine(String commandLine, String expected) {
    CommandRun run = CommandRun.of(commandLine.split(" +"));

    assertThat(run.errLines()).singleElement().asString().startsWith("muster: ").contains(expected);
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void shouldAskForACommandWhenThereIsNone() {
    assertThat(CommandRun.of())
        .isEqualTo(
            new CommandRun(
                2, "", "muster: expected a command; 'muster --help' shows what it takes\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "help"})
  void shouldListCommandsAndExitCodes(String argument) {
    CommandRun run = CommandRun.of(argument);

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("keygen", "put", "take", "Exit codes:").doesNotContain("warmup");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"demo", "master", "worker", "keygen", "put", "take", "queues", "task", "version"})
  void shouldShowExamplesInTheHelpOfEveryCommand(String command) {
    CommandRun run = CommandRun.of(command, "--help");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).containsPattern("Examples?:\n  muster " + command);
    assertThat(CommandRun.of("help", command)).isEqualTo(run);
  }

  @Test
  void shouldPrintItsVersion() {
    assertThat(CommandRun.of("version").out()).matches("muster \\d+\\.\\d+\\.\\d+ \\(Java .*\\)\n");
    assertThat(CommandRun.of("--version")).isEqualTo(CommandRun.of("version"));
  }

  @Test
  void shouldSayHowToMakeAKeyWhenThereIsNone() {
    CommandRun run = CommandRun.of("queues");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.errLines()).singleElement().asString().contains("muster keygen --out");
  }

  @Test
  void shouldRefuseAKeyFileThatIsMissingOrOpenToOthers() throws IOException {
    Path open =
        Files.createFile(
            folder.resolve("open.key"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));

    assertRefused(
        "does not exist", "queues", "--auth-key-file", folder.resolve("none.key").toString());
    assertRefused("chmod 600", "queues", "--auth-key-file", open.toString());
  }

  @Test
  void shouldRefuseAnAddressThatIsNone() {
    String key = newKey();

    assertRefused("nowhere", "queues", "--auth-key-file", key, "--master", "nowhere");
    assertRefused(
        "loopback", "queues", "--auth-key-file", key, "--master", "192.0.2.1:5000", "--plaintext");
  }

  @Test
  void shouldWriteAKeyThatOnlyItsOwnerCanReadAndNeverOverwriteIt() throws IOException {
    Path key = folder.resolve("muster.key");

    CommandRun first = CommandRun.of("keygen", "--out", key.toString());

    assertThat(first.exitCode()).isZero();
    assertThat(first.out()).matches("wrote key k[a-z2-7]{6} to .*\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
        .isEqualTo("rw-------");
    assertRefused("exists already", "keygen", "--out", key.toString());
  }

  @Test
  void shouldPrintAKeyWhenNoFileIsNamed() {
    assertThat(CommandRun.of("keygen").out()).matches("k[a-z2-7]{6}\\.[A-Za-z0-9_-]{43}\n");
  }

  @Test
  void shouldSayUnreachableWhenNobodyListens() {
    CommandRun run =
        CommandRun.of(
            "queues",
            "--auth-key-file",
            newKey(),
            "--master",
            "127.0.0.1:1",
            "--connect-timeout",
            "200ms");

    assertThat(run.errLines()).singleElement().asString().contains("127.0.0.1:1");
    assertThat(run.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
  }

  private String newKey() {
    Path key = folder.resolve("key");
    assertThat(CommandRun.of("keygen", "--out", key.toString()).exitCode()).isZero();
    return key.toString();
  }

  private static void assertRefused(String expected, String... args) {
    CommandRun run = CommandRun.of(args);
    assertThat(run.errLines())
        .as(String.join(" ", List.of(args)))
        .singleElement()
        .asString()
        .contains(expected);
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
  }
}
