package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskState;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each rule of settings, filters and hellos. */
final class QueueCheckTest {
  private static final RefusalReason BAD = RefusalReason.REFUSAL_REASON_BAD_REQUEST;
  private static final UnknownFieldSet FIELD_99 =
      UnknownFieldSet.newBuilder()
          .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
          .build();

  private static void said(Outcome.@Nullable Refused refused, RefusalReason reason, String part) {
    assertThat(Objects.requireNonNull(refused, part).message()).contains(part);
    assertThat(refused.reason()).isEqualTo(reason);
  }

  private static Outcome.@Nullable Refused settings(QueueSettings.Builder settings) {
    return QueueCheck.configure(
        ConfigureQueueRequest.newBuilder().setQueue("q").setSettings(settings).build());
  }

  private static QueueSettings.Builder set() {
    return QueueSettings.newBuilder();
  }

  @Test
  void shouldRefuseSettingsOutOfRange() {
    assertThat(settings(set().setMaxLength(1).setHistoryMax(100_000).setPaused(true))).isNull();
    said(settings(set().setMaxLength(-1)), BAD, "max_length is 0 to");
    said(settings(set().setHistoryMax(100_001)), BAD, "history_max is 0 to 100000, found 100001");
    said(settings(set().setDeadMs(-1)), BAD, "dead_ms");
    said(settings(set().setAgeingMs(-1)), BAD, "ageing_ms");
    said(settings(set().setConcurrency(-1)), BAD, "concurrency");
    said(settings(set().setRate(Rate.newBuilder().setCount(-1))), BAD, "the queue's rate");
    said(settings(set().setTenantRate(Rate.newBuilder().setPeriodMs(-1))), BAD, "period");
    said(settings(set().setOverflowValue(9)), BAD, "overflow is 1 (block)");
    said(settings(set().setQuarantineAfter(-1)), BAD, "quarantine_after");
    said(settings(set().setRetry(RetryPolicy.newBuilder().setMaxAttempts(1_001))), BAD, "attempts");
  }

  @Test
  void shouldNameTheSettingThatItDoesNotKnow() {
    RefusalReason unknown = RefusalReason.REFUSAL_REASON_UNKNOWN_SETTING;
    said(settings(set().setUnknownFields(FIELD_99)), unknown, "no field 99");
    said(
        settings(set().setRate(Rate.newBuilder().setUnknownFields(FIELD_99))),
        unknown,
        "a rate has no field 99");
    said(
        QueueCheck.configure(
            ConfigureTenantRequest.newBuilder()
                .setQueue("q")
                .setTenant("t")
                .setUnknownFields(FIELD_99)
                .build()),
        unknown,
        "no field 99");
  }

  @Test
  void shouldRefuseATenantOutOfRange() {
    ConfigureTenantRequest.Builder request =
        ConfigureTenantRequest.newBuilder().setQueue("q").setTenant("t").setWeight(1);
    assertThat(QueueCheck.configure(request.build())).isNull();
    said(
        QueueCheck.configure(request.clone().setWeight(0).build()),
        BAD,
        "a weight is 1 to 1000000, found 0");
    said(QueueCheck.configure(request.clone().setTenant("").build()), BAD, "found none");
  }

  private static TaskFilter.Builder filter(TaskState state) {
    return TaskFilter.newBuilder().setQueue("q").setState(state);
  }

  @Test
  void shouldRefuseFiltersWithoutAStateOrWithTheWrongOne() {
    assertThat(FilterCheck.filter(filter(TaskState.TASK_STATE_OFFERED).build())).isNull();
    said(FilterCheck.filter(TaskFilter.newBuilder().setQueue("q").build()), BAD, "found no state");
    said(
        FilterCheck.filter(TaskFilter.newBuilder().setQueue("").build()),
        RefusalReason.REFUSAL_REASON_BAD_QUEUE_NAME,
        "");
    said(
        FilterCheck.replay(filter(TaskState.TASK_STATE_READY).build()),
        BAD,
        "replayed in state FAILED, CANCELLED, EXPIRED or QUARANTINED, found READY");
    said(FilterCheck.drop(filter(TaskState.TASK_STATE_RUNNING).build()), BAD, "found RUNNING");
    said(
        FilterCheck.filter(filter(TaskState.TASK_STATE_READY).addIds(1).addIds(1).build()),
        RefusalReason.REFUSAL_REASON_DUPLICATE,
        "names task 1 twice");
  }

  @Test
  void shouldRefuseACancelThatDoesNotSayWhat() {
    CancelRequest.Builder all =
        CancelRequest.newBuilder().setFilter(filter(TaskState.TASK_STATE_READY));
    assertThat(FilterCheck.cancel(all.build())).isNull();
    assertThat(FilterCheck.cancel(CancelRequest.newBuilder().addIds(1).build())).isNull();
    said(FilterCheck.cancel(CancelRequest.getDefaultInstance()), BAD, "found 0");
    said(FilterCheck.cancel(all.clone().addIds(1).build()), BAD, "not both");
    said(FilterCheck.cancel(all.clone().setSubtree(true).build()), BAD, "by ids");
    said(
        FilterCheck.cancel(
            CancelRequest.newBuilder().setFilter(filter(TaskState.TASK_STATE_FAILED)).build()),
        BAD,
        "cancelled in state DELAYED, READY or RUNNING, found FAILED");
  }

  @Test
  void shouldRefuseAWorkerWithTooManyLabels() {
    Hello.Builder hello =
        Hello.newBuilder()
            .setSession(ByteString.copyFrom(new byte[Limits.SESSION_ID_BYTES]))
            .addQueues("q")
            .putLabels("gpu", "a100");
    assertThat(WorkerCheck.hello(hello.build())).isNull();
    said(WorkerCheck.hello(hello.clone().setSlots(-1).build()), BAD, "slots");
    for (int i = 0; i < Limits.LABELS_MAX; i++) {
      hello.putLabels("l" + i, "");
    }
    said(WorkerCheck.hello(hello.build()), BAD, "at most 16 labels, found 17");
  }
}
