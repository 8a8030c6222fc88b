package dev.muster.client;

import static dev.muster.client.PoolRig.LONG;
import static dev.muster.client.PoolRig.SQUARE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.AsyncResult;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PoolTerminateTest {
  private final PoolRig rig = new PoolRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void shouldCallAllCallsOffWithOneRequest() throws InterruptedException {
    AsyncResult<Integer> first = rig.pool.applyAsync(SQUARE, 1);
    AsyncResult<Integer> second = rig.pool.applyAsync(SQUARE, 2);
    List<Leased> tasks = rig.take(2);

    rig.pool.terminate();

    assertThat(rig.master.cancels.take().getIdsList())
        .containsExactlyInAnyOrder(tasks.get(0).id(), tasks.get(1).id());
    assertThat(rig.master.cancels).isEmpty();
    assertThatThrownBy(() -> first.get(LONG)).hasMessage("the call was cancelled");
    assertThatThrownBy(() -> second.get(LONG)).hasMessage("the call was cancelled");
    assertThat(rig.pool.join(LONG)).isTrue();
  }
}
