package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.ReturnUnstarted;
import dev.muster.master.replication.Reply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerFrame;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A task that ends while its worker's words are being noted leaves none of them. */
@Timeout(60)
final class NotesOfTheEndedTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    rig.close();
  }

  private boolean isCancelled(long id) {
    return rig.task(id).getState() == TaskState.TASK_STATE_CANCELLED;
  }

  /** Ends the task on the loop, and gives that some time, if it can happen now. */
  private void end(RigWorker worker) {
    long id = worker.ids.get(0);
    Command cancel = Command.newBuilder().setCancel(Cancel.newBuilder().addIds(id)).build();
    Command back =
        Command.newBuilder()
            .setReturnUnstarted(ReturnUnstarted.newBuilder().setSession(worker.session()))
            .build();
    rig.proposer.execute(
        () -> {
          rig.proposer.propose(cancel, Reply.NONE);
          rig.proposer.propose(back, Reply.NONE);
        });
    for (int i = 0; i < 100_000 && !isCancelled(id); i++) {
      Thread.onSpinWait();
    }
  }

  @Test
  void shouldKeepNothingOfATaskThatEndsMeanwhile() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    EnqueueRequest request =
        EnqueueRequest.newBuilder().setQueue("q").addPayloads(ByteString.EMPTY).build();
    rig.run(() -> rig.dispatcher.enqueue(request, new LeaderRig.Replies()));
    long id = worker.ids.get(0);
    rig.notes.read(List.of(id), new NoteReader(1, () -> end(worker)));
    LogLine line =
        LogLine.newBuilder().setId(id).setToken(worker.tokens.get(0)).setText("x").build();
    rig.notes.note(worker.session(), WorkerFrame.newBuilder().addLogLines(line).build());
    rig.settle();
    assertThat(isCancelled(id)).isTrue();
    assertThat(rig.notes.notes(id)).isNull();
    assertThat(rig.notes.bytes()).isZero();
  }
}
