package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RunningNotesTest {
  private static void nobody() {}

  private final LeaderRig rig = new LeaderRig();
  private final RigWorker worker = new RigWorker(rig);

  @BeforeEach
  void lease() {
    worker.hello("w", 2);
    EnqueueRequest two =
        EnqueueRequest.newBuilder()
            .setQueue("q")
            .addPayloads(ByteString.EMPTY)
            .addPayloads(ByteString.EMPTY)
            .build();
    rig.run(() -> rig.dispatcher.enqueue(two, new LeaderRig.Replies()));
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private LogLine line(int task, String text) {
    return LogLine.newBuilder()
        .setId(worker.ids.get(task))
        .setToken(worker.tokens.get(task))
        .setText(text)
        .build();
  }

  private Progress progress(int task, double fraction) {
    return Progress.newBuilder()
        .setId(worker.ids.get(task))
        .setToken(worker.tokens.get(task))
        .setFraction(fraction)
        .build();
  }

  private PartialResult partial(int task, long number, int bytes) {
    return PartialResult.newBuilder()
        .setId(worker.ids.get(task))
        .setToken(worker.tokens.get(task))
        .setNumber(number)
        .setValue(ByteString.copyFrom(new byte[bytes]))
        .build();
  }

  private NoteReader read(int... tasks) {
    List<Long> ids = new ArrayList<>();
    for (int task : tasks) {
      ids.add(worker.ids.get(task));
    }
    NoteReader reader = new NoteReader(ids.size(), RunningNotesTest::nobody);
    rig.notes.read(ids, reader);
    return reader;
  }

  private static List<WatchReply> drain(NoteReader reader) {
    List<WatchReply> all = new ArrayList<>();
    for (WatchReply next = reader.poll(); next != null; next = reader.poll()) {
      all.add(next);
    }
    return all;
  }

  @Test
  void shouldShowWhatIsThereAndThenWhatComes() {
    worker.frame(
        WorkerFrame.newBuilder()
            .addLogLines(line(0, "one"))
            .addProgress(progress(0, 0.1))
            .addProgress(progress(0, 0.2))
            .addPartials(partial(0, 1, 10)));
    NoteReader reader = read(0);
    assertThat(drain(reader))
        .containsExactly(
            WatchReply.newBuilder().setLog(line(0, "one")).build(),
            WatchReply.newBuilder().setPartial(partial(0, 1, 10)).build(),
            WatchReply.newBuilder().setProgress(progress(0, 0.2)).build());
    worker.frame(
        WorkerFrame.newBuilder().addLogLines(line(0, "two")).addLogLines(line(1, "not watched")));
    assertThat(drain(reader))
        .containsExactly(WatchReply.newBuilder().setLog(line(0, "two")).build());
    rig.notes.leave(worker.ids, reader);
    worker.frame(WorkerFrame.newBuilder().addLogLines(line(0, "three")));
    assertThat(drain(reader)).isEmpty();
  }

  @Test
  void shouldNotListenToOneWhoDoesNotHoldTheTask() {
    worker.frame(WorkerFrame.newBuilder().addLogLines(line(0, "x").toBuilder().setToken(999)));
    assertThat(rig.notes.notes(worker.ids.get(0))).isNull();
  }

  @Test
  void shouldKeepTheLastThousandLinesAndPartials() {
    WorkerFrame.Builder frame = WorkerFrame.newBuilder();
    for (int i = 0; i < TaskNotes.LOG_LINES_MAX + 5; i++) {
      frame.addLogLines(line(0, "line " + i));
    }
    for (int i = 0; i < TaskNotes.PARTIALS_MAX + 5; i++) {
      frame.addPartials(partial(0, i + 1, 1));
    }
    worker.frame(frame);
    List<WatchReply> kept = drain(read(0));
    assertThat(kept).hasSize(TaskNotes.LOG_LINES_MAX + TaskNotes.PARTIALS_MAX);
    assertThat(kept.get(0).getLog().getText()).isEqualTo("line 5");
    assertThat(kept.get(TaskNotes.LOG_LINES_MAX).getPartial().getNumber()).isEqualTo(6);
  }

  @Test
  void shouldForgetWhenTheTaskIsTerminal() {
    worker.frame(WorkerFrame.newBuilder().addLogLines(line(0, "one")));
    Settlement settlement =
        Settlement.newBuilder()
            .addCompletedIds(worker.ids.get(0))
            .addCompletedTokens(worker.tokens.get(0))
            .build();
    worker.frame(
        WorkerFrame.newBuilder()
            .addSettlements(
                NumberedSettlement.newBuilder().setNumber(1).setSettlement(settlement)));
    assertThat(rig.notes.notes(worker.ids.get(0))).isNull();
    assertThat(rig.notes.bytes()).isZero();
  }

  @Test
  void shouldDropTheNotesOfWhoSpokeFirstWhenThereAreTooMany() {
    RunningNotes small = new RunningNotes(rig.applier, 10_000);
    small.note(
        worker.session(), WorkerFrame.newBuilder().addPartials(partial(0, 1, 6_000)).build());
    small.note(
        worker.session(), WorkerFrame.newBuilder().addPartials(partial(1, 1, 6_000)).build());
    assertThat(small.notes(worker.ids.get(0))).isNull();
    assertThat(small.notes(worker.ids.get(1))).isNotNull();
    small.note(
        worker.session(), WorkerFrame.newBuilder().addPartials(partial(1, 2, 6_000)).build());
    assertThat(small.bytes()).isBetween(6_000L, 10_000L);
  }

  @Test
  void shouldCutWhatIsTooLong() {
    worker.frame(
        WorkerFrame.newBuilder()
            .addLogLines(line(0, "ä".repeat(Limits.LOG_LINE_BYTES_MAX)))
            .addProgress(progress(0, Double.NaN).toBuilder().setMessage("x".repeat(5_000))));
    List<WatchReply> kept = drain(read(0));
    assertThat(kept.get(0).getLog().getText()).isEqualTo("ä".repeat(Limits.LOG_LINE_BYTES_MAX / 2));
    assertThat(kept.get(1).getProgress().getMessage()).hasSize(Limits.PROGRESS_MESSAGE_BYTES_MAX);
    assertThat(kept.get(1).getProgress().getFraction()).isEqualTo(-1);
  }

  @Test
  void shouldDropTheOldestNotesButNoEndWhenAReaderIsSlow() {
    NoteReader reader = new NoteReader(2, RunningNotesTest::nobody);
    reader.ended(TaskResult.newBuilder().setId(1).build());
    int large = (int) (NoteReader.WAITING_BYTES_MAX / 4);
    for (int i = 1; i <= 6; i++) {
      reader.add(WatchReply.newBuilder().setPartial(partial(0, i, large)).build());
    }
    reader.ended(TaskResult.newBuilder().setId(2).build());
    List<WatchReply> read = drain(reader);
    assertThat(read).filteredOn(WatchReply::hasEnded).hasSize(2);
    assertThat(read)
        .filteredOn(WatchReply::hasPartial)
        .extracting(note -> note.getPartial().getNumber())
        .containsExactly(4L, 5L, 6L);
    assertThat(reader.isDone()).isTrue();
  }
}
