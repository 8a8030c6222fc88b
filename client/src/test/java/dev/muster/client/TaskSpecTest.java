package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.UniqueScope;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class TaskSpecTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final TaskSpec plain =
      TaskSpec.of("q", "application/json", ResultPolicy.RESULT_POLICY_KEEP);

  @Test
  void shouldSayInTheOptionsWhatHoldsForEachTask() {
    TaskOptions options =
        plain
            .handler("h")
            .priority(9)
            .ttl(Duration.ofMinutes(1))
            .maxAttempts(5)
            .backoff(SECOND, Duration.ofDays(30))
            .runLimit(Duration.ofHours(1))
            .progressTimeout(Duration.ofNanos(1))
            .cost(3)
            .require("gpu", "a100")
            .require("zone", "b")
            .options();
    assertThat(options)
        .isEqualTo(
            TaskOptions.newBuilder()
                .setHandler("h")
                .setContentType("application/json")
                .setResultPolicy(ResultPolicy.RESULT_POLICY_KEEP)
                .setPriority(9)
                .setTtlMs(60_000)
                .setRetry(
                    RetryPolicy.newBuilder()
                        .setMaxAttempts(5)
                        .setBackoffMinMs(1_000)
                        .setBackoffMaxMs((int) Duration.ofDays(30).toMillis()))
                .setRunLimitMs(3_600_000)
                .setProgressTimeoutMs(1)
                .setCost(3)
                .putAllRequires(Map.of("gpu", "a100", "zone", "b"))
                .build());
  }

  @Test
  void shouldSayInTheRequestWhatHoldsForTasksAddedTogether() {
    EnqueueRequest request =
        plain
            .delay(SECOND)
            .uniqueFor(SECOND)
            .uniqueIn(UniqueScope.UNIQUE_SCOPE_MASTER)
            .parent(7)
            .after(List.of(3L, 1L))
            .onFailure(OnFailure.ON_FAILURE_RUN)
            .request();
    assertThat(request)
        .isEqualTo(
            EnqueueRequest.newBuilder()
                .setQueue("q")
                .setOptions(plain.options())
                .setDelayMs(1_000)
                .setUniqueForMs(1_000)
                .setUniqueScope(UniqueScope.UNIQUE_SCOPE_MASTER)
                .setParentId(7)
                .addAfterIds(3)
                .addAfterIds(1)
                .setOnFailure(OnFailure.ON_FAILURE_RUN)
                .build());
    assertThat(plain.runAt(Instant.ofEpochMilli(5)).request().getRunAtMs()).isEqualTo(5);
  }

  @Test
  void shouldRefuseWhatIsOutOfRange() {
    refuses(() -> plain.priority(10), "priority must be 0 to 9, found 10");
    refuses(() -> plain.priority(-1), "priority must be 0 to 9, found -1");
    refuses(() -> plain.maxAttempts(0), "maximum attempts must be 1 to 1000, found 0");
    refuses(() -> plain.maxAttempts(1_001), "found 1001");
    refuses(() -> plain.cost(0), "cost must be 1 to 10000, found 0");
    refuses(() -> plain.cost(10_001), "found 10001");
    refuses(() -> plain.ttl(Duration.ZERO), "time to live must be more than 0");
    refuses(() -> plain.runLimit(SECOND.negated()), "run limit must be more than 0");
    refuses(() -> plain.progressTimeout(Duration.ZERO), "progress time-out must be more than 0");
    refuses(() -> plain.uniqueFor(Duration.ZERO), "unique key must be more than 0");
    refuses(() -> plain.delay(SECOND.negated()), "delay must be from 0 to 3650 days, found PT-1S");
    refuses(() -> plain.delay(Duration.ofDays(4_000)), "delay must be from 0 to 3650 days");
    refuses(() -> plain.runAt(Instant.EPOCH), "must be after 1970");
    Instant latest = Instant.ofEpochMilli(Limits.RUN_AT_MS_MAX);
    assertThat(plain.runAt(latest).request().getRunAtMs()).isEqualTo(Limits.RUN_AT_MS_MAX);
    refuses(() -> plain.runAt(latest.plusMillis(1)), "before 2970");
    refuses(() -> plain.backoff(SECOND, Duration.ofDays(31)), "at most 30 days, found PT744H");
    refuses(() -> plain.backoff(SECOND.multipliedBy(2), SECOND), "found PT2S to PT1S");
  }

  @Test
  void shouldRefuseDelayTogetherWithRunAt() {
    refuses(() -> plain.delay(SECOND).runAt(Instant.ofEpochMilli(5)), "not both");
    refuses(() -> plain.runAt(Instant.ofEpochMilli(5)).delay(SECOND), "not both");
  }

  @Test
  void shouldRefuseKeysAndNamesThatAreTooLong() {
    String long256 = "é".repeat(128);
    refuses(() -> plain.group(long256), "group key must have at most 255 bytes, found 256");
    refuses(() -> plain.tenant(long256), "tenant key must have at most 255 bytes, found 256");
    refuses(() -> plain.unique(long256), "unique key must have at most 255 bytes, found 256");
    refuses(() -> plain.require(long256, ""), "label must have at most 255 bytes, found 256");
    refuses(() -> plain.require("", "x"), "needs a name");
  }

  @Test
  void shouldRefuseTooManyLabels() {
    TaskSpec full = plain;
    for (int i = 0; i < 16; i++) {
      full = full.require("label" + i, "x");
    }
    TaskSpec sixteen = full;
    refuses(() -> sixteen.require("one more", "x"), "at most 16 labels, found 17");
  }

  @Test
  void shouldRefuseTasksToWaitForThatAreTheSameOrTooMany() {
    refuses(() -> plain.after(List.of(5L, 5L)), "found 2 ids, of which 1 are different");
    refuses(() -> plain.after(List.of(0L)), "none of them 0");
    List<Long> many = LongStream.rangeClosed(1, 65_537).boxed().toList();
    refuses(() -> plain.after(many), "at most 65536 others, found 65537");
  }

  @Test
  void shouldTakeTheKeysOfATaskBeforeThoseOfItsView() {
    TaskKeys view = plain.group("g").tenant("t").keys();
    assertThat(TaskKeys.none().or(view)).isSameAs(view);
    assertThat(TaskKeys.ofGroup("other").withUnique("u").or(view))
        .isEqualTo(new TaskKeys("other", "t", "u"));
  }

  private static void refuses(ThrowingCallable change, String message) {
    assertThatThrownBy(change)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
