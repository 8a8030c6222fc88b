package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a drain answers. */
@Timeout(60)
final class WorkerDrainTest {
  private final FakeMaster master = new FakeMaster();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);

  @AfterEach
  void close() {
    release.countDown();
    master.close();
  }

  private Worker start() throws InterruptedException {
    Worker worker =
        master.start(
            master
                .worker()
                .handle(
                    "deaf",
                    Integer.class,
                    n -> {
                      begun.countDown();
                      while (release.getCount() > 0) {
                        try {
                          release.await();
                        } catch (InterruptedException e) {
                          // goes on
                        }
                      }
                      return n;
                    }));
    var unused = master.welcome(false, 0);
    master.settleAll();
    return worker;
  }

  @Test
  void shouldAnswerTheSecondCallerAsTheFirstWhenSomethingDidNotFinish()
      throws InterruptedException {
    Worker worker = start();
    master.offer("deaf", 9);
    begun.await();
    assertThat(worker.drain(Duration.ofMillis(1))).isFalse();
    assertThat(worker.drain(Duration.ofHours(1))).isFalse();
  }

  @Test
  void shouldAnswerTheSecondCallerAsTheFirstWhenAllFinished() throws InterruptedException {
    Worker worker = start();
    assertThat(worker.drain(Duration.ofHours(1))).isTrue();
    assertThat(worker.drain(Duration.ZERO)).isTrue();
  }
}
