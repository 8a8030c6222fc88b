package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.WorkerFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ReportsTest {
  private static final int ROOM = 1 << 20;

  private final SideThreads aside = new SideThreads("test");
  private final Reports reports = new Reports(aside);
  private final TaskServices services =
      new TaskServices(
          reports,
          () -> {
            throw new IllegalStateException("not reached");
          },
          aside,
          notice -> {});
  private final TaskContext one = context(1);
  private final TaskContext two = context(2);

  @AfterEach
  void stop() {
    aside.stop();
  }

  private TaskContext context(long id) {
    return new TaskContext(Offer.newBuilder().addIds(id).setToken(7).build(), 0, services);
  }

  private WorkerFrame frame() {
    WorkerFrame.Builder frame = WorkerFrame.newBuilder();
    reports.moveTo(frame, 0, ROOM);
    return frame.build();
  }

  @Test
  void shouldCarryOnlyTheLatestProgressOfEachTask() {
    one.progress(0.1, "a");
    two.heartbeat();
    one.progress(0.2, "b");
    WorkerFrame frame = frame();
    assertThat(frame.getProgressList()).extracting(Progress::getId).containsExactly(1L, 2L);
    assertThat(frame.getProgressList())
        .extracting(Progress::getFraction)
        .containsExactly(0.2, -1.0);
    assertThat(frame.getProgress(0).getMessage()).isEqualTo("b");
    assertThat(frame.getProgress(0).getToken()).isEqualTo(7);
    assertThat(reports.isWaiting()).isFalse();
  }

  @Test
  void shouldDropTheOldestLinesAndSaySo() {
    two.log("WARN", "lost");
    for (int i = 0; i < Reports.LOG_LINES_MAX + 2; i++) {
      one.log("line " + i);
    }
    WorkerFrame frame = frame();
    assertThat(frame.getLogLinesList())
        .extracting(LogLine::getText)
        .hasSize(Reports.LOG_LINES_MAX + 2)
        .startsWith(
            "1 log line was dropped here: more than 1000 of this worker waited to be sent",
            "2 log lines were dropped here: more than 1000 of this worker waited to be sent",
            "line 2")
        .endsWith("line 1001");
    assertThat(frame.getLogLines(0).getId()).isEqualTo(2);
    assertThat(frame.getLogLines(0).getLevel()).isEqualTo("WARN");
    assertThat(frame.getLogLines(2).getLevel()).isEqualTo("INFO");
    assertThat(frame.getLogLines(2).getAtMs()).isPositive();
  }

  @Test
  void shouldNumberPartialsAndKeepTheLastOfEachTask() {
    two.partial("other");
    for (int i = 0; i < Reports.PARTIALS_MAX + 3; i++) {
      one.partial(i);
    }
    WorkerFrame frame = frame();
    assertThat(frame.getPartialsList()).hasSize(Reports.PARTIALS_MAX + 1);
    assertThat(frame.getPartials(0).getId()).isEqualTo(2);
    assertThat(frame.getPartials(0).getNumber()).isEqualTo(1);
    assertThat(frame.getPartials(1).getNumber()).isEqualTo(4);
    assertThat(frame.getPartials(1).getValue().toStringUtf8()).isEqualTo("3");
    assertThat(frame.getPartials(1).getContentType()).isEqualTo("application/json");
    one.partial("next");
    assertThat(frame().getPartials(0).getNumber()).isEqualTo(Reports.PARTIALS_MAX + 4L);
  }

  @Test
  void shouldBoundPartialsByBytes() {
    for (int i = 0; i < 20; i++) {
      one.partial(new byte[1 << 20]);
    }
    int count = 0;
    while (reports.isWaiting()) {
      WorkerFrame frame = frame();
      assertThat(frame.getPartialsCount()).isEqualTo(1); // each fills a frame
      count++;
    }
    assertThat(count).isEqualTo(15);
  }

  @Test
  void shouldLeaveWhatDoesNotFitForTheNextFrame() {
    one.log("x".repeat(3_000));
    one.partial(new byte[900]);
    WorkerFrame.Builder full = WorkerFrame.newBuilder();
    reports.moveTo(full, 1_000, 2_000);
    assertThat(full.getLogLinesCount() + full.getPartialsCount()).isZero();
    assertThat(reports.isWaiting()).isTrue();
    WorkerFrame frame = frame();
    assertThat(frame.getLogLinesCount()).isEqualTo(1);
    assertThat(frame.getPartialsList()).extracting(PartialResult::getNumber).containsExactly(1L);
  }

  @Test
  void shouldCutTextsAndForgetAllWithTheSession() {
    one.progress(0.5, "é".repeat(1_000));
    one.log("y".repeat(5_000));
    WorkerFrame frame = frame();
    assertThat(frame.getProgress(0).getMessage()).hasSize(512);
    assertThat(frame.getLogLines(0).getText()).hasSize(4_096);
    one.log("z");
    one.partial(1);
    reports.clear();
    assertThat(reports.isWaiting()).isFalse();
    one.end();
    one.log("too late");
    one.heartbeat();
    one.partial(2);
    assertThat(frame()).isEqualTo(WorkerFrame.getDefaultInstance());
  }
}
