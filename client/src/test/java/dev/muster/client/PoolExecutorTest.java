package dev.muster.client;

import static dev.muster.client.PoolRig.LONG;
import static dev.muster.client.PoolRig.SQUARE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.RemoteCall;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.CodecException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PoolExecutorTest {
  private final PoolRig rig = new PoolRig();
  private final ExecutorService executor = rig.pool.executor();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void shouldRefuseEveryRunnable() {
    Runnable code = () -> {};
    assertThatThrownBy(() -> executor.execute(code)).isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> executor.submit(code)).isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> executor.submit(code, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected a RemoteCall, found dev.muster.client.PoolExecutorTest");
  }

  @Test
  void shouldCallOffWhatHasBegunWhenOneOfAllCannotBegin() throws InterruptedException {
    RemoteFunction<Object, Integer> odd = RemoteFunction.of("square", Object.class, Integer.class);
    List<Callable<Integer>> calls =
        List.of(new RemoteCall<>(SQUARE, 3), new RemoteCall<>(odd, new Endless()));

    assertThatThrownBy(() -> executor.invokeAll(calls)).isInstanceOf(CodecException.class);

    Leased begun = rig.take(1).get(0);
    assertThat(rig.master.cancels.take().getIdsList()).containsExactly(begun.id());
  }

  @Test
  void shouldCallOffWhatRunsWhenItIsShutDownNow() throws Exception {
    Future<Integer> call = executor.submit(new RemoteCall<>(SQUARE, 3));
    Leased task = rig.take(1).get(0);
    assertThat(executor.awaitTermination(0, TimeUnit.MILLISECONDS)).isFalse();

    assertThat(executor.shutdownNow()).isEmpty();

    assertThat(rig.master.cancels.take().getIdsList()).containsExactly(task.id());
    assertThat(call.isCancelled()).isTrue();
    assertThat(executor.awaitTermination(LONG.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    assertThatThrownBy(() -> executor.submit(new RemoteCall<>(SQUARE, 3)))
        .isInstanceOf(RejectedExecutionException.class);
  }

  /** Cannot be written as JSON. */
  public static final class Endless {
    public Endless getSelf() {
      return this;
    }
  }
}
