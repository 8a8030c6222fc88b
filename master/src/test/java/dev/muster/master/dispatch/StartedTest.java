package dev.muster.master.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Hello;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a worker has started is what it said of an attempt that it holds. */
@Timeout(60)
final class StartedTest {
  private final LeaderRig rig = new LeaderRig();

  @AfterEach
  void stop() {
    rig.close();
  }

  private RigWorker offered() {
    RigWorker worker = new RigWorker(rig).hello("w", 1);
    EnqueueRequest request =
        EnqueueRequest.newBuilder().setQueue("q").addPayloads(ByteString.EMPTY).build();
    rig.run(() -> rig.dispatcher.enqueue(request, new LeaderRig.Replies()));
    assertThat(worker.ids).hasSize(1);
    return worker;
  }

  private RigWorker comeBackWithNothing() {
    return new RigWorker(rig)
        .hello(
            Hello.newBuilder()
                .setSession(ByteString.copyFromUtf8("w"))
                .addQueues("q")
                .setCredit(1));
  }

  @Test
  void shouldForgetWhatALateFrameSaysOfAnAttemptThatWentBack() {
    RigWorker worker = offered();
    long id = worker.ids.get(0);
    worker.end();
    worker.started(id);
    RigWorker again = comeBackWithNothing();
    assertThat(again.ids).containsExactly(id);
    assertThat(rig.sessions.hasStarted(again.session(), id)).isFalse();
    rig.tick(Limits.SESSION_TIMEOUT_MS + 1);
    assertThat(rig.task(id).getCrashes()).isZero();
  }

  @Test
  void shouldKeepWhatAWorkerThatComesBackHolds() {
    RigWorker worker = offered();
    long id = worker.ids.get(0);
    worker.started(id);
    RigWorker again = new RigWorker(rig).resume("w", worker, 0);
    assertThat(rig.sessions.hasStarted(again.session(), id)).isTrue();
    rig.tick(Limits.SESSION_TIMEOUT_MS + 1);
    assertThat(rig.task(id).getCrashes()).isEqualTo(1);
  }
}
