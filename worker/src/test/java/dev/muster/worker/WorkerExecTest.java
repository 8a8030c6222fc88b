package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerFrame;
import dev.muster.worker.exec.ExecHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs as tasks, with real ones. */
@Timeout(60)
final class WorkerExecTest {
  private static final int NEVER_MS = 3_600_000;

  private final FakeMaster master = new FakeMaster();
  @TempDir private Path folder;

  @AfterEach
  void close() {
    master.close();
  }

  private void start(String... programs) throws InterruptedException {
    master.start(master.worker().allowExec(programs));
    master.welcome(false, 0);
  }

  private void offer(Map<String, ?> command) {
    ByteString payload = Codecs.json(Object.class).encode(command);
    master.offer("exec", offer -> offer.setPayloads(0, payload), 9);
  }

  private Map<?, ?> run(Map<String, ?> command) throws InterruptedException {
    offer(command);
    Settlement settlement = master.settle();
    assertThat(settlement.getFailedList()).isEmpty();
    return Codecs.json(Map.class).decode(settlement.getResults(0));
  }

  private Failure fail(Map<String, ?> command) throws InterruptedException {
    offer(command);
    return master.settle().getFailed(0).getFailure();
  }

  private static Map<String, Object> shell(String script) {
    return Map.of("program", "sh", "args", List.of("-c", script));
  }

  @Test
  void shouldReturnExitCodeAndOutputWithNoShellBetween() throws InterruptedException {
    start("echo");
    assertThat(run(Map.of("program", "echo", "args", List.of("$HOME; ls", "*", "a  b", ""))))
        .isEqualTo(
            Map.of(
                "exitCode", 0, "stdout", "$HOME; ls * a  b \n", "stderr", "", "truncated", false));
  }

  @Test
  void shouldHandOverTextOrBytesAsStandardInput() throws InterruptedException {
    start("cat");
    byte[] bytes = {(byte) 0xFF, 0, 1, '\n'};
    String base64 = Base64.getEncoder().encodeToString(bytes);
    assertThat(run(Map.of("program", "cat", "stdin", "grüße")).get("stdout")).isEqualTo("grüße");
    Map<?, ?> binary = run(Map.of("program", "cat", "stdinBase64", base64));
    assertThat(binary.get("stdoutBase64")).isEqualTo(base64);
    assertThat(binary.containsKey("stdout")).isFalse();
    assertThat(run(Map.of("program", "cat")).get("stdout")).isEqualTo("");
  }

  @Test
  void shouldRunInAnEmptyDirectoryOfItsOwnAndRemoveIt() throws InterruptedException {
    start("sh");
    Map<?, ?> result =
        run(shell("pwd; echo $HOME; echo $TMPDIR; ls -A; mkdir -p a/b; echo x > a/b/c; ls -A"));
    List<String> lines = String.valueOf(result.get("stdout")).lines().toList();
    assertThat(lines).hasSize(4).endsWith("a");
    assertThat(lines.subList(1, 3)).containsOnly(lines.get(0));
    assertThat(Path.of(lines.get(0))).doesNotExist();
  }

  @Test
  void shouldRunInTheDirectoryThatTheWorkerNames() throws InterruptedException {
    master.start(master.worker().allowExec("sh").execDirectory(folder));
    master.welcome(false, 0);
    assertThat(run(shell("echo x > made; pwd")).get("stdout")).isEqualTo(folder + "\n");
    assertThat(folder.resolve("made")).exists();
  }

  @Test
  void shouldGiveNoEnvironmentButWhatIsSaid() throws InterruptedException {
    start("env");
    Map<?, ?> result = run(Map.of("program", "env", "env", Map.of("COLOUR", "blue green")));
    assertThat(String.valueOf(result.get("stdout")).lines())
        .contains("COLOUR=blue green", "PATH=" + System.getenv("PATH"))
        .allMatch(line -> line.matches("(PATH|HOME|TMPDIR|LANG|TZ|COLOUR|MUSTER_EXEC_ID)=.*"));
  }

  @Test
  void shouldFailWithTheExitCodeAndTheLastLine() throws InterruptedException {
    start("sh");
    Failure failure = fail(shell("echo first >&2; echo 'no such file' >&2; echo >&2; exit 3"));
    assertThat(failure.getKind()).isEqualTo("muster.ExecFailed");
    assertThat(failure.getMessage()).isEqualTo("sh ended with exit code 3: no such file");
    assertThat(failure.getDetail()).isEqualTo("first\nno such file\n\n");
    assertThat(failure.getRetryable()).isTrue();
    assertThat(fail(shell("kill -9 $$")).getMessage())
        .isEqualTo("sh ended with exit code 137 (signal 9)");
  }

  @Test
  void shouldSayEachLineOfOutput() throws InterruptedException {
    start("sh");
    offer(shell("echo out; echo err >&2; printf 'no end'"));
    List<String> lines = new ArrayList<>();
    WorkerFrame frame;
    do {
      frame = master.frames.take();
      for (LogLine line : frame.getLogLinesList()) {
        lines.add(line.getLevel() + " " + line.getText());
      }
    } while (lines.size() < 3);
    assertThat(lines).containsExactlyInAnyOrder("STDOUT out", "STDERR err", "STDOUT no end");
  }

  @Test
  void shouldKeepTheFirstMegabyteOfMoreOutput() throws InterruptedException {
    start("sh");
    Map<?, ?> result = run(shell("head -c 3000000 /dev/zero | tr '\\0' 'x'; echo last >&2"));
    assertThat((String) result.get("stdout")).hasSize(1 << 20);
    assertThat(result.get("stderr")).isEqualTo("last\n");
    assertThat(result.get("truncated")).isEqualTo(true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"convert", "/bin/echo"})
  void shouldRefuseAProgramThatIsNotAllowed(String program) throws InterruptedException {
    start("echo");
    assertThat(fail(Map.of("program", program)))
        .isEqualTo(
            Failure.newBuilder()
                .setKind("muster.ExecNotAllowed")
                .setMessage(
                    "this worker does not allow to run \""
                        + program
                        + "\" (it allows only echo): start the worker with --allow-exec="
                        + program)
                .build());
  }

  @Test
  void shouldSayTheFlagWhereNoProgramIsAllowedAtAll() throws InterruptedException {
    master.start(master.worker());
    assertThat(master.welcome(false, 0).getHello().getHandlersList()).isEmpty();
    Failure failure = fail(Map.of("program", "convert"));
    assertThat(failure.getKind()).isEqualTo(ExecHandler.NOT_ALLOWED);
    assertThat(failure.getMessage()).endsWith("start the worker with --allow-exec=convert");
    assertThat(failure.getRetryable()).isFalse();
  }

  @Test
  void shouldRunAProgramByItsVeryPath() throws InterruptedException {
    start("/bin/echo");
    assertThat(run(Map.of("program", "/bin/echo")).get("stdout")).isEqualTo("\n");
    assertThat(fail(Map.of("program", "echo")).getKind()).isEqualTo("muster.ExecNotAllowed");
  }

  @Test
  void shouldNotStartWithAProgramThatIsNotThere() {
    assertThatThrownBy(() -> master.worker().allowExec("no-such-program").start())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(
            "program 'no-such-program' is to be allowed, but is not on the PATH: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                                 | \"program\" is missing",
        "{\"program\":\"echo\",\"stdin\":\"a\",\"stdinBase64\":\"YQ==\"} | exclude each other",
        "{\"program\":\"echo\",\"stdinBase64\":\"%\"}       | is not base64",
        "{\"program\":\"echo\",\"args\":[null]}             | must contain strings, found null",
        "{\"program\":\"echo\",\"args\":[\"a\\u0000b\"]}    | contains the character NUL",
        "{\"program\":\"echo\",\"env\":{\"LD_PRELOAD\":\"x\"}} | variable LD_PRELOAD is refused",
        "{\"program\":\"echo\",\"env\":{\"PATH\":\"x\"}}    | variable PATH is refused",
        "{\"program\":\"echo\",\"env\":{\"A=B\":\"x\"}}     | found \"A=B\"",
        "{\"program\":\"echo\",\"timeoutMs\":-1}            | must be at least 0, found -1",
      })
  void shouldRefuseACommandThatMakesNoSense(String json, String expected)
      throws InterruptedException {
    start("echo");
    master.offer("exec", offer -> offer.setPayloads(0, ByteString.copyFromUtf8(json)), 9);
    Failure failure = master.settle().getFailed(0).getFailure();
    assertThat(failure.getMessage()).contains(expected);
    assertThat(failure.getRetryable()).isFalse();
  }

  @Test
  void shouldStopAProgramThatRunsTooLongWithAllThatItStarted() throws Exception {
    start("sh");
    Path pids = folder.resolve("pids");
    Failure failure =
        fail(
            Map.of(
                "program",
                "sh",
                "args",
                List.of(
                    "-c",
                    // a child, and one whose parent has ended
                    "sleep 1000 & echo $! > $0; (sleep 1000 & echo $! >> $0); echo busy >&2; wait",
                    pids.toString()),
                "timeoutMs",
                500));
    assertThat(failure.getKind()).isEqualTo("muster.ExecFailed");
    assertThat(failure.getMessage()).isEqualTo("sh ran longer than 500 ms and was stopped: busy");
    assertThat(failure.getRetryable()).isTrue();
    assertAllEnd(pids, 2);
  }

  @Test
  void shouldStopTheProgramWhenTheTaskIsCalledOff() throws Exception {
    start("sh");
    Path pids = folder.resolve("pids");
    offer(
        Map.of(
            "program",
            "sh",
            "args",
            List.of(
                "-c",
                "trap 'echo asked >&2; exit 5' TERM; echo $$ > $0; sleep 1000 & echo $! >> $0;"
                    + " echo runs; wait",
                pids.toString())));
    master.await(
        frame -> frame.getLogLinesList().stream().anyMatch(l -> l.getText().equals("runs")));
    master.stop(9, NEVER_MS, NEVER_MS);
    WorkerFrame asked = master.await(frame -> !frame.getLogLinesList().isEmpty());
    assertThat(asked.getLogLines(0).getText()).isEqualTo("asked");
    WorkerFrame settled =
        asked.getSettlementsCount() > 0
            ? asked
            : master.await(frame -> frame.getSettlementsCount() > 0);
    assertThat(settled.getSettlements(0).getSettlement().getCancelledIdsList()).containsExactly(9L);
    assertAllEnd(pids, 2);
  }

  @Test
  void shouldKillAProgramThatDoesNotListen() throws Exception {
    start("sh");
    Path pids = folder.resolve("pids");
    offer(
        Map.of(
            "program",
            "sh",
            "args",
            List.of(
                "-c",
                "trap '' TERM; echo $$ > $0; echo runs; while true; do sleep 0.05; done",
                pids.toString())));
    master.await(
        frame -> frame.getLogLinesList().stream().anyMatch(l -> l.getText().equals("runs")));
    master.stop(9, 0, NEVER_MS);
    assertThat(master.settle().getCancelledIdsList()).containsExactly(9L);
    assertAllEnd(pids, 1);
  }

  @Test
  void shouldNotWaitForWhatAProgramLeavesRunning() throws Exception {
    start("sh");
    Path pids = folder.resolve("pids");
    Map<?, ?> result =
        run(
            Map.of(
                "program",
                "sh",
                "args",
                List.of("-c", "sleep 1000 & echo $! > $0; echo done", pids.toString())));
    assertThat(result.get("stdout")).isEqualTo("done\n");
    assertAllEnd(pids, 1);
  }

  private static void assertAllEnd(Path pids, int count) throws Exception {
    List<String> lines = Files.readAllLines(pids, StandardCharsets.UTF_8);
    assertThat(lines).hasSize(count);
    for (String pid : lines) {
      ProcessHandle process = ProcessHandle.of(Long.parseLong(pid)).orElse(null);
      if (process != null) {
        assertEnds(process);
      }
    }
  }

  private static void assertEnds(ProcessHandle process)
      throws InterruptedException, ExecutionException {
    try {
      process.onExit().get(20, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("still runs: " + process.info() + ", parent " + process.parent(), e);
    }
  }
}
