package dev.muster.client;

import static dev.muster.client.PoolRig.LONG;
import static dev.muster.client.PoolRig.SQUARE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.AsyncResult;
import dev.muster.client.pool.RemoteFailure;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.common.TimedOutException;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class AsyncResultTest {
  private final PoolRig rig = new PoolRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void shouldBeAFutureWhoseCancellationCancelsNothing() throws Exception {
    AsyncResult<Integer> result = rig.pool.applyAsync(SQUARE, 3);
    CompletableFuture<Integer> future = result.toFuture();
    assertThat(result.toFuture().cancel(true)).isTrue();
    assertThat(result.await(Duration.ZERO)).isFalse();
    assertThatThrownBy(() -> result.get(Duration.ZERO)).isInstanceOf(TimedOutException.class);
    assertThatThrownBy(result::successful).isInstanceOf(IllegalStateException.class);

    Leased task = rig.take(1).get(0);
    rig.master.finish(PoolRig.succeeded(task, ByteString.copyFromUtf8("9"), "application/json"));

    assertThat(result.await(LONG)).isTrue();
    assertThat(result.successful()).isTrue();
    assertThat(future.get()).isEqualTo(9);
    assertThat(rig.master.cancels).isEmpty();
  }

  @Test
  void shouldGiveTheStackOfTheWorkerAsText() throws InterruptedException {
    AsyncResult<Integer> result = rig.pool.applyAsync(SQUARE, 3);
    rig.master.finish(
        TaskResult.newBuilder()
            .setId(rig.take(1).get(0).id())
            .setState(TaskState.TASK_STATE_FAILED)
            .setFailure(PoolRig.boom())
            .build());

    assertThat(result.await(LONG)).as("a failure is an end, too").isTrue();
    assertThatThrownBy(result::get)
        .isInstanceOfSatisfying(
            RemoteFailure.class,
            failure -> {
              assertThat(failure.remoteStack()).contains("at example.Square.run(Square.java:7)");
              assertThat(failure.remoteMessage()).isEqualTo("no");
            });
  }

  @Test
  void shouldMapListsOfArgumentsWithoutWaiting() throws InterruptedException {
    rig.master.workers.add("power");
    AsyncResult<List<Integer>> result =
        rig.pool.starmapAsync(
            RemoteFunction.ofArguments("power", Integer.class), List.of(List.of(2, 10)));
    assertThat(result.ready()).isFalse();
    Leased chunk = rig.take(1).get(0);
    assertThat(PoolRig.chunk(chunk).getItems(0).toStringUtf8()).isEqualTo("[2,10]");

    rig.finish(chunk, ChunkResult.newBuilder().addValues(ByteString.copyFromUtf8("1024")).build());

    assertThat(result.get(LONG)).containsExactly(1024);
  }
}
