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
          task                             | expected a command: show, ls, explain, watch
          queue tenant                     | expected a command: set
          task drop                        | there is no command 'drop'
          put 1                            | Missing required option: '--queue=QUEUE'
          put --queue a --quue b           | Unknown option
          put --queue a,b 1                | queue name must match
          put --queue a hello              | value 1, column
          put --queue a 1 {                | value 2, column
          put --queue a --await --result-queue b 1 | --await and --result-queue exclude each other
          put --queue a --await --timeout 5 1      | expected a duration such as 500ms, 5s, 1m or 1h, found '5'
          worker --queue a --dev           | name it with --classpath
          worker --queue a --classpath no.jar | --classpath no.jar does not exist
          take --queue a --count 0         | --count must be at least 1, found 0
          take --queue ä                   | queue name must match
          take --queue a --count x         | 'x' is not
          worker --queue a --exec-dir /  | --exec-dir needs --allow-exec
          map                              | Missing required argument (specify one of these): (--handler=HANDLER | --exec=COMMAND | --forget=NAME)
          map --handler a --exec b         | --handler=HANDLER, --exec=COMMAND are mutually exclusive
          map --handler a --name b --resume c | --name and --resume exclude each other
          map --handler a --retries -1     | --retries must be 0 to 999, found -1
          map --handler a --timeout 0s     | --timeout must be more than 0, found 0: leave it out
          map --exec ls --timeout 0s       | --timeout must be more than 0, found 0: leave it out
          map --handler a --halt -1        | --halt must be at least 0, found -1
          map --handler a --chunk x        | --chunk must be a number or auto, found 'x'
          map --handler a --chunk 0        | chunk size must be 1 to 4096, found 0
          map --handler a --input xml      | expected one of [AUTO, JSON, TEXT]
          map --handler a --output xml     | expected one of [RESULT, FULL, TEXT]
          map --handler a --name a,b       | queue name must match
          map --exec 'a                    | --exec has a quote that does not end
          map --exec ls>wc                 | --exec runs no shell
          queues -o xml                    | expected one of [TABLE, JSON]
          put --queue a --delay 1s --run-at 2030-01-31T09:00:00Z 1 | --delay and --run-at exclude each other
          put --queue a --run-at 9:00 1    | expected a time with its zone
          put --queue a --backoff 1m..1s 1 | expected a shortest wait above 0
          put --queue a --unique-for 1m 1  | --unique-for needs --unique
          put --queue a --header x 1       | should be in KEY=VALUE format but was x
          queue set a                      | nothing to set
          queue set a --rate 5             | expected a rate such as 100/s
          queue set a --overflow spill     | expected block, reject or drop-oldest, found 'spill'
          queue set a --concurrency -1     | --concurrency must be at least 0, found -1
          queue set a --max-attempts 0     | --max-attempts must be 1 to 1000, found 0
          queue set a --retained-bytes 1MB | expected a number of bytes such as
          queue tenant set a k             | nothing to set
          queue tenant set a k --weight 0  | --weight must be 1 to 1000000, found 0
          task ls a                        | Missing required option: '--state=STATE'
          task ls a --state idle           | expected one of DELAYED, READY
          task watch                       | Missing required parameter
          dead replay a                    | which ones? Name ids, choose by options, or say --all
          dead drop a 5 --all              | --all excludes ids
          cancel                           | which ones? Name ids, or choose with --queue
          cancel 5 --queue a               | which ones? Name ids, or choose with --queue
          cancel 5 --state ready           | options that choose need --queue
          cancel --queue a --state failed  | only tasks that wait or run can be cancelled
          schedule add a --queue b         | Missing required option: '--cron=FIELDS'
          task stack w1                    | a task id is a number, as put printed it; found 'w1'
          worker --queue a --isolation fork | expected one of [THREAD, VIRTUAL, PROCESS]
          worker --queue a --child-heap 1g  | need --isolation process, found --isolation thread
          worker --queue a --isolation process --child-heap 1m | must be at least 16 MiB, found 1048576 bytes
          worker --queue a --isolation process --child-heap big | expected a size such as 512m, 1g or 512MiB, found 'big'
          worker --queue a --isolation process --max-tasks-per-child -1 | after 1 task or more
          completion fish                  | expected one of [BASH]
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
      strings = {
        "demo",
        "master",
        "worker",
        "keygen",
        "put",
        "take",
        "map",
        "queues",
        "task",
        "version",
        "cancel",
        "queue",
        "pause",
        "resume",
        "purge",
        "dead",
        "quarantine",
        "schedule",
        "workers",
        "drain",
        "tail",
        "verify",
        "task show",
        "task ls",
        "task explain",
        "task watch",
        "queue show",
        "queue set",
        "queue drain",
        "queue tenants",
        "queue tenant set",
        "dead ls",
        "dead replay",
        "dead drop",
        "quarantine ls",
        "quarantine release",
        "quarantine drop",
        "schedule ls",
        "schedule add",
        "schedule rm",
        "schedule run",
        "schedule pause",
        "schedule resume"
      })
  void shouldShowExamplesInTheHelpOfEveryCommand(String command) {
    CommandRun run = CommandRun.of((command + " --help").split(" "));

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).containsPattern("Examples?:\n(  .*\n)*  muster " + command);
    assertThat(CommandRun.of(("help " + command).split(" "))).isEqualTo(run);
  }

  @Test
  void shouldCompleteCommandsAndOptionsInBash() {
    CommandRun run = CommandRun.of("completion", "bash");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("quarantine", "--max-attempts").doesNotContain("warmup");
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
