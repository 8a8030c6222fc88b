package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.proto.v1.FailedAttempt;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What failures say about trying again. */
@Timeout(60)
final class WorkerFailureTest {
  private final FakeMaster master = new FakeMaster();

  @AfterEach
  void close() {
    master.close();
  }

  private FailedAttempt failure(Exception thrown) throws InterruptedException {
    BlockingQueue<Exception> causes = new LinkedBlockingQueue<>(List.of(thrown));
    master.start(
        master
            .worker()
            .nonRetryable(IOException.class)
            .handle(
                "fail",
                Integer.class,
                n -> {
                  throw causes.take();
                }));
    master.welcome(false, 0);
    master.offer("fail", 9);
    return master.settle().getFailed(0);
  }

  @Test
  void shouldBeFinalWhenTheHandlerSaysSo() throws InterruptedException {
    FailedAttempt failed = failure(new NonRetryableException("no such customer"));
    assertThat(failed.getFailure().getRetryable()).isFalse();
    assertThat(failed.getFailure().getKind()).isEqualTo(NonRetryableException.class.getName());
    assertThat(failed.getFailure().getMessage()).isEqualTo("no such customer");
  }

  @Test
  void shouldBeGroupedByTheCause() throws InterruptedException {
    FailedAttempt failed =
        failure(new NonRetryableException("bad order", new ArithmeticException("x")));
    assertThat(failed.getFailure().getKind()).isEqualTo("java.lang.ArithmeticException");
    assertThat(failed.getFailure().getMessage()).isEqualTo("bad order");
    assertThat(failed.getFailure().getDetail()).contains("Caused by");
  }

  @Test
  void shouldBeFinalForClassesThatTheWorkerNames() throws InterruptedException {
    FailedAttempt failed = failure(new FileNotFoundException("gone"));
    assertThat(failed.getFailure().getRetryable()).isFalse();
    assertThat(failed.getFailure().getKind()).isEqualTo("java.io.FileNotFoundException");
  }

  @Test
  void shouldAskForTheNextAttemptLater() throws InterruptedException {
    FailedAttempt failed =
        failure(new RetryLaterException(Duration.ofSeconds(30), new ArithmeticException("busy")));
    assertThat(failed.getRetryAfterMs()).isEqualTo(30_000);
    assertThat(failed.getFailure().getRetryable()).isTrue();
    assertThat(failed.getFailure().getKind()).isEqualTo("java.lang.ArithmeticException");
  }

  @Test
  void shouldAskForTheNextAttemptAtOnceWithoutMeaningTheBackOff() throws InterruptedException {
    assertThat(failure(new RetryLaterException(Duration.ZERO, null)).getRetryAfterMs())
        .isEqualTo(1);
    assertThatThrownBy(() -> new RetryLaterException(Duration.ofSeconds(-1), null))
        .hasMessageContaining("0 to ten years");
  }

  @Test
  void shouldLeaveOthersToTheBackOff() throws InterruptedException {
    FailedAttempt failed = failure(new IllegalArgumentException("no"));
    assertThat(failed.getFailure().getRetryable()).isTrue();
    assertThat(failed.getRetryAfterMs()).isZero();
  }
}
