package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerFrame;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Handlers in processes of their own: real ones. */
@Timeout(120)
final class WorkerIsolationTest {
  private static final int NEVER_MS = 3_600_000;
  private static final ChildOptions SMALL = ChildOptions.standard().heap(64 << 20);

  private final FakeMaster master = new FakeMaster();
  private final BlockingQueue<String> notices = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    master.close();
  }

  private void start(ChildOptions options) throws InterruptedException {
    master.start(IsolatedHandlers.addTo(master.worker()).children(options).onNotice(notices::add));
    master.welcome(false, 0);
  }

  private String result(String handler, long id) throws InterruptedException {
    master.offer(handler, id);
    Settlement settlement = master.settle();
    assertThat(settlement.getCompletedIdsList()).as("%s", settlement).containsExactly(id);
    return settlement.getResults(0).toStringUtf8();
  }

  private CrashedAttempt crash(String handler, long id) throws InterruptedException {
    master.offer(handler, id);
    Settlement settlement = master.settle();
    assertThat(settlement.getCrashedCount()).as("%s", settlement).isEqualTo(1);
    CrashedAttempt crashed = settlement.getCrashed(0);
    assertThat(crashed.getId()).isEqualTo(id);
    assertThat(crashed.getToken()).isEqualTo(FakeMaster.TOKEN);
    assertThat(crashed.getRunUs()).isPositive();
    return crashed;
  }

  /** The log line that a running task says next. */
  private LogLine line() throws InterruptedException {
    return master.await(f -> f.getLogLinesCount() > 0).getLogLines(0);
  }

  private static void awaitEnd(String pid) throws ExecutionException, InterruptedException {
    var process = ProcessHandle.of(Long.parseLong(pid));
    if (process.isPresent()) {
      process.get().onExit().get();
    }
  }

  @Test
  void shouldRunHandlersInOneProcessOfTheirOwn() throws InterruptedException {
    start(SMALL);
    String first = result("Pid", 9);
    assertThat(first).isNotEqualTo("\"" + ProcessHandle.current().pid() + ":1\"").endsWith(":1\"");
    assertThat(result("Pid", 10)).isEqualTo(first);
  }

  @Test
  void shouldCountTheEndOfAProcessAsACrashAndGoOnInTheNext() throws InterruptedException {
    start(SMALL);
    String before = result("Pid", 9);
    assertThat(crash("Exit", 3).getCause()).isEqualTo("exit code 3");
    assertThat(result("Pid", 10)).isNotEqualTo(before);
  }

  @Test
  void shouldTellWhatAProcessSaidBeforeItEnded() throws InterruptedException {
    start(SMALL);
    master.offer("Exit", 5);
    WorkerFrame frame = master.await(f -> f.getLogLinesCount() > 0 || f.getSettlementsCount() > 0);
    assertThat(frame.getLogLines(0).getText()).isEqualTo("last words");
    assertThat(frame.getLogLines(0).getLevel()).isEqualTo("STDOUT");
  }

  @Test
  void shouldNameTheSignalThatKilledAProcess() throws InterruptedException {
    start(SMALL);
    master.offer("Wait", 9);
    ProcessHandle.of(Long.parseLong(line().getText())).orElseThrow().destroyForcibly();
    assertThat(master.settle().getCrashed(0).getCause())
        .isEqualTo("exit code 137 (killed by signal 9, SIGKILL)");
  }

  @Test
  void shouldNameTheHeapLimitWhenMemoryRanOut() throws InterruptedException {
    start(SMALL);
    assertThat(crash("Fill", 9).getCause())
        .isEqualTo("out of memory (Java heap space): heap limit 64 MiB");
    assertThat(result("Pid", 10)).isNotEmpty();
  }

  @Test
  void shouldSayThatSomebodyElseWroteAmongTheFrames() throws InterruptedException {
    start(SMALL);
    assertThat(crash("Shout", 9).getCause())
        .isEqualTo("something else than Muster wrote to the standard output of its process");
    assertThat(result("Pid", 10)).isNotEmpty();
  }

  @Test
  void shouldRunATaskInTheNextProcessWhenOneDiedBeforeItBegan()
      throws InterruptedException, ExecutionException {
    start(SMALL);
    String first = result("Pid", 9);
    String pid = first.replaceAll("\"|:.*", "");
    ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
    awaitEnd(pid);
    assertThat(result("Pid", 10)).isNotEqualTo(first);
  }

  @Test
  void shouldHandOnWhatATaskSays() throws InterruptedException {
    start(SMALL);
    master.offer("Talk", offer -> offer.getOptionsBuilder().putHeaders("k", "v"), 9);
    List<WorkerFrame> frames = new ArrayList<>();
    WorkerFrame frame;
    do {
      frame = master.frames.take();
      frames.add(frame);
    } while (frame.getSettlementsCount() == 0);
    Settlement settlement = frame.getSettlements(0).getSettlement();
    master.settledUpto(frame.getSettlements(0).getNumber());

    assertThat(frames.stream().flatMap(f -> f.getLogLinesList().stream()))
        .extracting(LogLine::getLevel, LogLine::getText)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("STDOUT", "printed"),
            org.assertj.core.groups.Tuple.tuple("WARN", "logged"),
            org.assertj.core.groups.Tuple.tuple("STDERR", "complained"));
    assertThat(frames.stream().flatMap(f -> f.getProgressList().stream()))
        .anyMatch(p -> p.getFraction() == 0.5 && p.getMessage().equals("half") && p.getId() == 9);
    assertThat(frames.stream().flatMap(f -> f.getPartialsList().stream()))
        .anyMatch(p -> p.getNumber() == 1 && p.getValue().toStringUtf8().equals("{\"part\":1}"));
    assertThat(settlement.getResults(0).toStringUtf8()).isEqualTo("[9,\"tasks\",1,{\"k\":\"v\"}]");
    assertThat(settlement.getFollowUps(0).getTasks().getQueue()).isEqualTo("next");
  }

  @Test
  void shouldFetchInputsForAProcess() throws InterruptedException {
    start(SMALL);
    master.inputs.add(
        InputsReply.newBuilder().addInputs(input(5, "7")).addInputs(input(6, "8")).build());
    master.offer("Inputs", offer -> offer.addInputs(2), 9);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("[7,8]");
  }

  private static TaskResult input(long id, String json) {
    return TaskResult.newBuilder()
        .setId(id)
        .setState(TaskState.TASK_STATE_SUCCEEDED)
        .setResult(ByteString.copyFromUtf8(json))
        .build();
  }

  @Test
  void shouldFailATaskWithTheTypeAndFieldThatCannotBeWritten() throws InterruptedException {
    start(SMALL);
    master.offer("Unwritable", 9);
    Failure failure = master.settle().getFailed(0).getFailure();
    assertThat(failure.getMessage())
        .contains("handler \"Unwritable\"", IsolatedHandlers.Unwritable.Report.class.getName())
        .contains("detail");
  }

  @Test
  void shouldKnowWhatIsFinalInAProcessToo() throws InterruptedException {
    master.start(
        IsolatedHandlers.addTo(master.worker())
            .children(SMALL)
            .nonRetryable(IllegalArgumentException.class));
    master.welcome(false, 0);
    master.offer("Throwing", 1);
    Failure last = master.settle().getFailed(0).getFailure();
    assertThat(last.getKind()).isEqualTo("java.lang.IllegalArgumentException");
    assertThat(last.getRetryable()).isFalse();
    master.offer("Throwing", 2);
    assertThat(master.settle().getFailed(0).getFailure().getRetryable()).isTrue();
  }

  @Test
  void shouldTellAHandlerThatItWasCalledOff() throws InterruptedException {
    start(SMALL);
    master.offer("Wait", 9);
    String pid = line().getText();
    master.stop(9, NEVER_MS, NEVER_MS);
    assertThat(master.settle().getCancelledIdsList()).containsExactly(9L);
    assertThat(result("Pid", 10)).startsWith("\"" + pid);
  }

  @Test
  void shouldInterruptAHandlerThatDoesNotLook() throws InterruptedException {
    start(SMALL);
    master.offer("Wait", 2);
    String pid = line().getText();
    master.stop(2, 1, NEVER_MS);
    assertThat(master.settle().getCancelledIdsList()).containsExactly(2L);
    assertThat(result("Pid", 10)).startsWith("\"" + pid);
  }

  @Test
  void shouldKillTheWholeTreeOfAHandlerThatDoesNotStop()
      throws InterruptedException, ExecutionException {
    start(SMALL);
    master.offer("Deaf", 9);
    String[] pids = line().getText().split(" ", 2);
    master.stop(9, 0, 1);
    assertThat(master.settle().getCancelledIdsList()).containsExactly(9L);
    awaitEnd(pids[0]);
    awaitEnd(pids[1]);
    assertThat(notices.take()).isEqualTo(Worker.CONNECTED);
    assertThat(notices.take())
        .isEqualTo(
            "task 9 (handler \"Deaf\") was called off and did not stop in time; its process is"
                + " killed");
    assertThat(result("Pid", 10)).doesNotContain(pids[0]);
  }

  @Test
  void shouldReplaceAProcessAfterItsNumberOfTasks() throws InterruptedException {
    start(SMALL.maxTasks(2));
    List<String> processes = new ArrayList<>();
    for (int id = 1; id <= 5; id++) {
      processes.add(result("Pid", id));
    }
    assertThat(processes.get(1)).isEqualTo(processes.get(0));
    assertThat(processes.get(3)).isEqualTo(processes.get(2)).isNotEqualTo(processes.get(1));
    assertThat(processes.get(4)).isNotEqualTo(processes.get(3));
  }

  @Test
  void shouldReplaceAProcessWhoseHeapGrew() throws InterruptedException {
    start(ChildOptions.standard().recycleHeap(48 << 20));
    String first = result("Keep", 1);
    assertThat(result("Keep", 2)).isEqualTo(first);
    String grown = result("Keep", 60);
    assertThat(grown).isEqualTo(first);
    // goes on until the next one is warm
    String next = result("Keep", 1);
    while (next.equals(first)) {
      next = result("Keep", 1);
    }
    assertThat(next).isNotEqualTo(first);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldGiveAProcessNoSecretAndNoFile(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path secret = Files.writeString(folder.resolve("secret"), "x");
    try (FileInputStream open = new FileInputStream(secret.toFile())) {
      assertThat(open.read()).isEqualTo('x');
      start(SMALL);
      String json = result("World", 9);
      Map<String, String> world =
          Codecs.json(new TypeReference<Map<String, String>>() {})
              .decode(ByteString.copyFromUtf8(json));
      assertThat(world.keySet().stream().filter(key -> !key.startsWith("fd ")))
          .isSubsetOf("PATH", "HOME", "LANG", "TZ", "TMPDIR", "MUSTER_CHILD_ID");
      assertThat(world.get("fd 0")).startsWith("pipe:");
      assertThat(world.values())
          .noneMatch(target -> target.startsWith("socket:") || target.equals(secret.toString()));
    }
  }

  @Test
  void shouldRefuseAHandlerThatAnotherProcessCannotMake() {
    assertThatThrownBy(
            () ->
                master
                    .worker()
                    .isolation(Isolation.PROCESS)
                    .handle("square", Integer.class, n -> n * n)
                    .start())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("handler \"square\" is a function of this process");
  }

  @Test
  void shouldSayWhyNoProcessStarts() {
    assertThatThrownBy(
            () ->
                IsolatedHandlers.addTo(master.worker())
                    .children(SMALL.javaOptions(List.of("-XX:+NoSuchThing")))
                    .start())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("a process for handlers does not start: exit code 1: ")
        .hasMessageContaining("NoSuchThing");
  }

  @Test
  void shouldEndAProcessWithItsWorker() throws InterruptedException, ExecutionException {
    Worker worker = IsolatedHandlers.addTo(master.worker()).children(SMALL).start();
    master.welcome(false, 0);
    String pid = result("Pid", 9).replaceAll("\"|:.*", "");
    master.settleAll();
    worker.close();
    awaitEnd(pid);
  }

  @Test
  void shouldEndAProcessAndWhatItStartedWhenItsWorkerIsKilled()
      throws IOException, InterruptedException, ExecutionException {
    Process worker =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                IsolatedWorkerMain.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader lines = worker.inputReader()) {
      String[] pids = lines.readLine().split(" ", 2);
      worker.destroyForcibly().waitFor();
      awaitEnd(pids[0]);
      awaitEnd(pids[1]);
    } finally {
      worker.destroyForcibly();
    }
  }

  @Test
  void shouldDumpTheThreadsOfAProcess() throws InterruptedException, ExecutionException {
    ChildOptions options = SMALL;
    ChildProgram program =
        ChildProgram.of(
            List.of("Wait"),
            Map.of("Wait", new IsolatedHandlers.Wait()),
            new ChildSettings(options, List.of(), List.of()));
    SideThreads aside = new SideThreads("test");
    Reports reports = new Reports(aside);
    TaskServices services = new TaskServices(reports, task -> List.of(), aside, notice -> {});
    TaskContext task = new TaskContext(offer("Wait"), 0, services);
    ChildPool pool = ChildPool.start("test", program, options, 1, aside, notice -> {});
    try {
      ChildProcess child = pool.take();
      BlockingQueue<String> said = new LinkedBlockingQueue<>();
      reports.onWaiting(
          () -> {
            WorkerFrame.Builder frame = WorkerFrame.newBuilder();
            reports.moveTo(frame, 0, 1 << 20);
            frame.getLogLinesList().forEach(line -> said.add(line.getText()));
          });
      Thread slot = new Thread(() -> child.run(task));
      slot.start();
      assertThat(said.take()).isEqualTo(Long.toString(child.pid()));
      RunElsewhere where = Objects.requireNonNull(task.elsewhere());
      assertThat(where.stack().get())
          .startsWith("\"handler\" WAITING\n    at ")
          .contains("IsolatedHandlers$Wait.run");
      where.kill(0);
      slot.join();
      assertThat(where.stack()).isCompletedExceptionally();
    } finally {
      pool.stop();
    }
  }

  private static Offer offer(String handler) {
    return Offer.newBuilder()
        .setOptions(TaskOptions.newBuilder().setHandler(handler))
        .addIds(9)
        .addPayloads(ByteString.copyFromUtf8("9"))
        .build();
  }
}
