package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.CompletedUsage;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.Usage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What attempts used, in the timeline of their task. */
final class UsageTest {
  private static final Usage USAGE =
      Usage.newBuilder().setCpuUs(70_000).setAllocatedBytes(4_096).build();

  private final MachineRig rig = new MachineRig();

  /** Enqueues and leases so many; returns the id of the first. */
  private long lease(int count) {
    long first = ((Outcome.Enqueued) rig.apply(Commands.enqueue("q", count))).firstId();
    rig.apply(Commands.lease("q", 0, count));
    return first;
  }

  private static CompletedUsage of(int index) {
    return CompletedUsage.newBuilder().setIndex(index).setUsage(USAGE).build();
  }

  private TaskInfo task(long id) {
    return rig.machine.task(id, false);
  }

  @Test
  void shouldKeepWhatASuccessUsed() {
    long id = lease(1);
    rig.apply(
        Commands.settle(
            Commands.completed(id, rig.index(), "done")
                .addCompletedRunUs(100_000)
                .addCompletedUsage(of(0))));
    TaskInfo before = task(id);
    assertThat(before.getTimelineList())
        .singleElement()
        .satisfies(
            attempt -> {
              assertThat(attempt.getUsage()).isEqualTo(USAGE);
              assertThat(attempt.getEnd()).isEqualTo(AttemptEnd.ATTEMPT_END_SUCCEEDED);
              assertThat(attempt.getEndedMs() - attempt.getStartedMs()).isEqualTo(100);
            });
    assertThat(rig.machine.explain(id)).extracting(Reason::getRule).containsExactly("SUCCEEDED");
    rig.flush();
    rig.crash();
    assertThat(task(id)).isEqualTo(before);
  }

  @Test
  void shouldTellTheAttemptsApart() {
    long first = lease(2);
    long token = rig.index();
    Settlement.Builder settlement = Settlement.newBuilder();
    settlement.addCompletedIds(first).addCompletedTokens(token);
    settlement.addCompletedIds(first + 1).addCompletedTokens(token).addCompletedUsage(of(1));
    rig.apply(Commands.settle(settlement));
    assertThat(task(first).getTimeline(0).hasUsage()).isFalse();
    assertThat(task(first + 1).getTimeline(0).getUsage()).isEqualTo(USAGE);
    assertThat(task(first + 1).getTimelineCount()).isEqualTo(1);
  }

  @Test
  void shouldKeepWhatAFailureUsed() {
    long id = lease(1);
    Settlement.Builder failed = Commands.failed(id, rig.index());
    failed
        .getFailedBuilder(0)
        .setUsage(USAGE)
        .setFailure(Failure.newBuilder().setKind("Boom").setRetryable(true));
    rig.apply(Commands.settle(failed));
    assertThat(task(id).getTimelineList()).extracting(Attempt::getUsage).containsExactly(USAGE);
  }

  @Test
  void shouldNoteNothingForAnAttemptThatDoesNotHoldTheTask() {
    long id = lease(1);
    long token = rig.index();
    rig.apply(Commands.settle(Commands.completed(id, token + 1, "stale").addCompletedUsage(of(0))));
    assertThat(task(id).getState()).isEqualTo(TaskState.TASK_STATE_RUNNING);
    rig.apply(
        Commands.settle(
            Commands.completed(id, token, "done")
                .addCompletedUsage(of(0))
                .addCompletedUsage(of(0))));
    List<Attempt> attempts = task(id).getTimelineList();
    assertThat(attempts).extracting(Attempt::getToken).containsExactly(token);
  }
}
