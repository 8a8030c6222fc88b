package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.close;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.failed;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.open;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every rule that holds a task back is named, with its numbers. */
final class ExplanationTest {
  private final MachineRig rig = new MachineRig();

  private long put(EnqueueRequest.Builder request) {
    Outcome outcome =
        rig.apply(
            Command.newBuilder()
                .setEnqueue(request.setQueue("q").addPayloads(ByteString.EMPTY))
                .build());
    return ((Outcome.Enqueued) outcome).firstId();
  }

  private long put() {
    return put(EnqueueRequest.newBuilder());
  }

  private void set(QueueSettings.Builder settings) {
    rig.apply(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder().setQueue("q").setSettings(settings))
            .build());
  }

  private List<String> rules(long id) {
    return rig.machine.explain(id).stream().map(Reason::getRule).toList();
  }

  private String message(long id, String rule) {
    return rig.machine.explain(id).stream()
        .filter(reason -> reason.getRule().equals(rule))
        .map(Reason::getMessage)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldSayThatNothingIsKnownOfATaskThatNeverWas() {
    assertThat(rules(99)).containsExactly("UNKNOWN");
  }

  @Test
  void shouldNameWhatTheQueueHoldsBack() {
    set(QueueSettings.newBuilder().setConcurrency(1));
    put();
    long second = put();
    rig.apply(lease("q", 0, 5));
    assertThat(message(second, "QUEUE_CONCURRENCY")).contains("at most 1 tasks").contains("1 run");
    set(QueueSettings.newBuilder().setConcurrency(0).setPaused(true));
    assertThat(rules(second)).containsExactly("QUEUE_PAUSED");
    set(
        QueueSettings.newBuilder()
            .setPaused(false)
            .setRate(Rate.newBuilder().setCount(1).setPeriodMs(60_000)));
    rig.apply(lease("q", 0, 1));
    long third = put();
    assertThat(rules(third)).containsExactly("QUEUE_RATE");
  }

  @Test
  void shouldNameWhoIsBeforeIt() {
    long first = put();
    long second = put();
    put(EnqueueRequest.newBuilder().setOptions(TaskOptions.newBuilder().setPriority(5)));
    assertThat(rules(first)).containsExactly("PRIORITY");
    assertThat(message(second, "NOT_FIRST")).contains("one of 2").contains("task " + first);
  }

  @Test
  void shouldNameTheTaskThatHoldsItsGroup() {
    long first = put(EnqueueRequest.newBuilder().addGroups("g"));
    long second = put(EnqueueRequest.newBuilder().addGroups("g"));
    rig.apply(lease("q", 0, 5));
    assertThat(message(second, "GROUP_BUSY")).contains("group g").contains("task " + first);
  }

  @Test
  void shouldNameTheLimitOfItsTenant() {
    set(QueueSettings.newBuilder().setTenantConcurrency(1));
    put(EnqueueRequest.newBuilder().addTenants("t"));
    long second = put(EnqueueRequest.newBuilder().addTenants("t"));
    rig.apply(lease("q", 0, 5));
    assertThat(message(second, "TENANT_CONCURRENCY")).contains("tenant t").contains("at most 1");
  }

  @Test
  void shouldNameTheWeightThatATenantHasWithoutOneOfItsOwn() {
    put(EnqueueRequest.newBuilder().addTenants("t"));
    long second = put(EnqueueRequest.newBuilder().addTenants("t"));
    rig.apply(lease("q", 0, 1));
    assertThat(message(second, "TENANT_SHARE"))
        .isEqualTo("tenant t runs 1 tasks with weight 100; who has used less goes first");
  }

  @Test
  void shouldNameTheTimeAndTheTasksThatADelayedOneWaitsFor() {
    long first = put(EnqueueRequest.newBuilder().setDelayMs(5_000));
    assertThat(rules(first)).containsExactly("DELAY");
    long after = put(EnqueueRequest.newBuilder().addAfterIds(first));
    assertThat(message(after, "DEPENDENCIES")).contains("1 of the 1").contains("" + first);
  }

  @Test
  void shouldSayWhyATaskRanTwice() {
    long id = put();
    rig.apply(open("w"));
    long session = rig.machine.sessions()[0];
    rig.apply(lease("q", session, 1));
    rig.apply(close(session, true, id));
    rig.apply(lease("q", 0, 1));
    assertThat(rules(id)).containsExactly("LEASED", "VISIBILITY_TIMEOUT", "ATTEMPT_CRASHED");
    assertThat(message(id, "ATTEMPT_CRASHED")).startsWith("w@h:1 had it from");
    rig.apply(settle(failed(id, rig.index())));
    assertThat(rules(id)).containsExactly("NOT_RETRYABLE", "ATTEMPT_CRASHED", "ATTEMPT_FAILED");
  }

  @Test
  void shouldRememberThatAPlainTaskSucceeded() {
    long id =
        put(
            EnqueueRequest.newBuilder()
                .setOptions(
                    TaskOptions.newBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)));
    rig.apply(lease("q", 0, 1));
    rig.apply(settle(completed(id, rig.index(), "")));
    assertThat(rules(id)).containsExactly("SUCCEEDED");
  }
}
