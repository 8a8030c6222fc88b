package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.AuthKey;
import dev.muster.master.queue.QueueMachine;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The store is native memory: whoever reads it has ended before it is closed. */
@Timeout(60)
final class CoreCloseIT {
  @TempDir Path data;

  private final AtomicReference<@Nullable String> broken = new AtomicReference<>();

  private Core start() {
    return Core.start(
        MasterConfig.builder()
            .data(data)
            .port(0)
            .authKey(AuthKey.generate())
            .onBroken(broken::set)
            .build());
  }

  @Test
  void shouldEndACountThatIsUnderWay() throws Exception {
    Core core = start();
    CountDownLatch counting = new CountDownLatch(1);
    Future<Long> counted =
        core.background()
            .submit(
                () -> {
                  long counts = 0;
                  counting.countDown();
                  while (!Thread.currentThread().isInterrupted()) {
                    core.verify();
                    counts++;
                  }
                  return counts;
                });
    counting.await();
    core.close();
    assertThat(counted.isDone()).isTrue();
    assertThat(broken.get()).isNull();
  }

  @Test
  void shouldReadNoStateAfterwards() {
    Core core = start();
    core.close();
    assertThatThrownBy(() -> core.applier().read(QueueMachine::nowMs))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the master has stopped");
  }

  @Test
  void shouldLetGoOfTheStoreOnAThreadThatIsInterrupted() {
    Core core = start();
    Thread.currentThread().interrupt();
    core.close();
    assertThat(Thread.interrupted()).isTrue();
    start().close();
    assertThat(broken.get()).isNull();
  }

  @Test
  void shouldLetGoOfTheStore() {
    start().close();
    start().close();
    assertThat(broken.get()).isNull();
  }
}
