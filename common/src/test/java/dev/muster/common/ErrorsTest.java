package dev.muster.common;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Refusal;
import dev.muster.proto.v1.RefusalReason;
import org.junit.jupiter.api.Test;

final class ErrorsTest {
  @Test
  void shouldEndCommandsWithTheAgreedCodes() {
    assertThat(new InvalidInputException("x").exitCode()).isEqualTo(2);
    assertThat(new TimedOutException("x").exitCode()).isEqualTo(3);
    assertThat(new AuthenticationException("x").exitCode()).isEqualTo(4);
    assertThat(new UnreachableException("x").exitCode()).isEqualTo(5);
    assertThat(new UnknownTaskException(7).exitCode()).isEqualTo(1);
  }

  @Test
  void shouldKeepReasonAndMessageOfRefusal() {
    RefusedException refused =
        RefusedException.of(
            Refusal.newBuilder()
                .setReason(RefusalReason.REFUSAL_REASON_DISK_FULL)
                .setMessage("disk is full")
                .build());

    assertThat(refused).hasMessage("disk is full");
    assertThat(refused.reason()).isEqualTo(RefusalReason.REFUSAL_REASON_DISK_FULL);
    assertThat(refused.exitCode()).isEqualTo(1);
  }

  @Test
  void shouldNameTaskAndFailure() {
    Failure failure = Failure.newBuilder().setKind("E").setMessage("no").build();

    TaskFailedException failed = new TaskFailedException(7, failure);

    assertThat(failed).hasMessage("task 7 failed: E: no");
    assertThat(failed.taskId()).isEqualTo(7);
    assertThat(failed.failure()).isEqualTo(failure);
  }

  @Test
  void shouldKnowItsVersion() {
    assertThat(Version.current()).matches("\\d+\\.\\d+\\.\\d+.*");
  }
}
