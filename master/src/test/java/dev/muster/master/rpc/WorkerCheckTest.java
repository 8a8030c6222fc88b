package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.StackDump;
import dev.muster.proto.v1.WorkerFrame;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WorkerCheckTest {
  private static Outcome.@Nullable Refused stack(int length) {
    return WorkerCheck.frame(
        WorkerFrame.newBuilder()
            .addStacks(StackDump.newBuilder().setText("x".repeat(length)))
            .build(),
        false);
  }

  @Test
  void shouldRefuseAStackThatIsTooLong() {
    assertThat(stack(Limits.STACK_BYTES_MAX)).isNull();
    assertThat(stack(Limits.STACK_BYTES_MAX + 1)).isNotNull();
  }
}
