package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.open;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Advance;
import dev.muster.master.log.v1.Bulk.Action;
import dev.muster.master.log.v1.Cancel;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;

/**
 * A queue q and what befalls it, as a test of one rule says it. After every test the machine must
 * be what a restart makes of its log, and the queue must add up.
 */
abstract class OneQueue {
  static final TaskOptions THREE_ATTEMPTS =
      TaskOptions.newBuilder()
          .setRetry(
              RetryPolicy.newBuilder()
                  .setMaxAttempts(3)
                  .setBackoffMinMs(1_000)
                  .setBackoffMaxMs(60_000))
          .build();

  final MachineRig rig = new MachineRig();

  @AfterEach
  void shouldAddUpAndSurviveARestart() {
    QueueInfo before = rig.machine.queue("q");
    assertThat(rig.machine.unconserved()).isEmpty();
    rig.crash();
    assertThat(rig.machine.queue("q")).isEqualTo(before);
    rig.flush();
    rig.crash();
    assertThat(rig.machine.queue("q")).isEqualTo(before);
    assertThat(rig.machine.unconserved()).isEmpty();
  }

  List<Long> enqueue(EnqueueRequest.Builder request, int count) {
    for (int i = 0; i < count; i++) {
      request.addPayloads(ByteString.copyFromUtf8("p" + i));
    }
    Outcome outcome = rig.apply(Command.newBuilder().setEnqueue(request.setQueue("q")).build());
    assertThat(outcome).isInstanceOf(Outcome.Enqueued.class);
    Outcome.Enqueued added = (Outcome.Enqueued) outcome;
    return added.ids().isEmpty()
        ? LongStream.range(added.firstId(), added.firstId() + added.count()).boxed().toList()
        : added.ids();
  }

  long enqueueOne(TaskOptions options) {
    return enqueue(EnqueueRequest.newBuilder().setOptions(options), 1).get(0);
  }

  long enqueueOne() {
    return enqueueOne(TaskOptions.getDefaultInstance());
  }

  List<Long> take(int max) {
    Outcome.Leased leased = (Outcome.Leased) rig.apply(lease("q", 0, max));
    return leased.offers().stream().flatMap(offer -> offer.getIdsList().stream()).toList();
  }

  TaskInfo task(long id) {
    return rig.machine.task(id, true);
  }

  TaskState state(long id) {
    return task(id).getState();
  }

  QueueInfo queue() {
    return Objects.requireNonNull(rig.machine.queue("q"));
  }

  void fail(long id, boolean retryable) {
    rig.apply(
        settle(
            Settlement.newBuilder()
                .addFailed(
                    FailedAttempt.newBuilder()
                        .setId(id)
                        .setToken(task(id).getToken())
                        .setFailure(
                            Failure.newBuilder()
                                .setKind("Boom")
                                .setMessage("no luck")
                                .setRetryable(retryable)))));
  }

  void complete(long id) {
    rig.apply(settle(completed(id, task(id).getToken(), "result of " + id)));
  }

  boolean advance() {
    Outcome.Advanced advanced =
        (Outcome.Advanced)
            rig.apply(Command.newBuilder().setAdvance(Advance.getDefaultInstance()).build());
    return advanced.more();
  }

  void pass(long ms) {
    rig.clockMs += ms;
    while (advance()) {}
  }

  void set(QueueSettings.Builder settings) {
    rig.apply(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder().setQueue("q").setSettings(settings))
            .build());
  }

  Outcome.Cancelled cancel(boolean subtree, Long... ids) {
    return (Outcome.Cancelled)
        rig.apply(
            Command.newBuilder()
                .setCancel(
                    Cancel.newBuilder()
                        .addAllIds(List.of(ids))
                        .setSubtree(subtree)
                        .setReason("not needed"))
                .build());
  }

  Outcome.Bulked bulk(Action action, TaskFilter.Builder filter) {
    return (Outcome.Bulked)
        rig.apply(
            Command.newBuilder()
                .setBulk(
                    dev.muster.master.log.v1.Bulk.newBuilder()
                        .setAction(action)
                        .setFilter(filter.setQueue("q")))
                .build());
  }

  long openSession() {
    return ((Outcome.Opened) rig.apply(open("worker-1"))).number();
  }
}
