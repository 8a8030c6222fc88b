package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * What a handler's process started ends with it, also when its own parent has ended meanwhile:
 * looking for descendants does not find it then.
 */
@Timeout(120)
@EnabledOnOs(OS.LINUX)
final class WorkerStrayProcessTest {
  private final FakeMaster master = new FakeMaster();

  @AfterEach
  void close() {
    master.close();
  }

  private Worker start() throws InterruptedException {
    Worker worker =
        master.start(
            IsolatedHandlers.addTo(master.worker())
                .children(ChildOptions.standard().heap(64 << 20)));
    var unused = master.welcome(false, 0);
    return worker;
  }

  /** The process that is to end, and that of the handler. */
  private List<ProcessHandle> strayAndHandler(int how) throws InterruptedException {
    master.offer("Stray", how);
    String pids = master.await(f -> f.getLogLinesCount() > 0).getLogLines(0).getText();
    return Stream.of(pids.split(" ", 2))
        .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
        .toList();
  }

  private ProcessHandle stray(int how) throws InterruptedException {
    return strayAndHandler(how).get(0);
  }

  private static void awaitEnd(ProcessHandle process)
      throws InterruptedException, ExecutionException {
    assertThat(process.onExit().get().isAlive()).isFalse();
  }

  @Test
  void shouldKillItWhenTheHandlerEndsItsProcess() throws Exception {
    start();
    ProcessHandle stray = stray(IsolatedHandlers.Stray.EXITS);
    assertThat(master.settle().getCrashedCount()).isEqualTo(1);
    awaitEnd(stray);
  }

  @Test
  void shouldKillItWhenTheProcessIsKilledFromOutside() throws Exception {
    start();
    List<ProcessHandle> both = strayAndHandler(IsolatedHandlers.Stray.STAYS);
    both.get(1).destroyForcibly();
    assertThat(master.settle().getCrashedCount()).isEqualTo(1);
    awaitEnd(both.get(0));
  }

  @Test
  void shouldKillItWithAHandlerThatDoesNotStop() throws Exception {
    start();
    ProcessHandle stray = stray(IsolatedHandlers.Stray.STAYS);
    master.stop(IsolatedHandlers.Stray.STAYS, 0, 1);
    assertThat(master.settle().getCancelledIdsCount()).isEqualTo(1);
    awaitEnd(stray);
  }

  @Test
  void shouldKillItWhenTheWorkerEnds() throws Exception {
    Worker worker = start();
    ProcessHandle stray = stray(IsolatedHandlers.Stray.RETURNS);
    assertThat(master.settle().getCompletedIdsCount()).isEqualTo(1);
    assertThat(stray.isAlive()).isTrue();
    master.settleAll();
    worker.close();
    awaitEnd(stray);
  }
}
