package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.DROP;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.TaskInfo;
import org.junit.jupiter.api.Test;

/** Plain successes are found by id, in whichever queue they were, as long as it remembers them. */
final class HistoriesTest {
  private final MachineRig rig = new MachineRig();

  private void historyMax(String queue, int max) {
    rig.apply(
        Command.newBuilder()
            .setConfigureQueue(
                ConfigureQueueRequest.newBuilder()
                    .setQueue(queue)
                    .setSettings(QueueSettings.newBuilder().setHistoryMax(max)))
            .build());
  }

  /** Runs so many tasks; returns the id of the first, the others follow on it. */
  private long run(String queue, int count) {
    long first = ((Outcome.Enqueued) rig.apply(enqueue(queue, DROP, count))).firstId();
    rig.apply(lease(queue, 0, count));
    long token = rig.index();
    for (long id = first; id < first + count; id++) {
      rig.apply(settle(completed(id, token, "")));
    }
    return first;
  }

  private TaskInfo task(long id) {
    return rig.machine.task(id, false);
  }

  private long remembered(long first, int count) {
    long found = 0;
    for (long id = first; id < first + count; id++) {
      found += task(id).getFromHistory() ? 1 : 0;
    }
    return found;
  }

  private int indexed() {
    return rig.machine.inspect().historyIndexed();
  }

  @Test
  void shouldFindATaskInWhicheverQueueItWas() {
    long a = run("a", 3);
    long b = run("b", 3);
    assertThat(task(b + 1).getQueue()).isEqualTo("b");
    long later = run("a", 1);
    assertThat(task(a).getQueue()).isEqualTo("a");
    assertThat(task(later).getFromHistory()).isTrue();
    assertThat(task(later).getAttempts()).isEqualTo(1);
  }

  @Test
  void shouldFindTheLastOnesHoweverOftenItIsAskedMeanwhile() {
    historyMax("q", 20);
    long first = run("q", 15);
    assertThat(remembered(first, 15)).isEqualTo(15);
    long second = run("q", 15);
    assertThat(remembered(second, 15)).isEqualTo(15);
    assertThat(remembered(first, 15)).isEqualTo(5);
    long third = run("q", 100);
    assertThat(remembered(third + 80, 20)).isEqualTo(20);
    assertThat(remembered(first, 130)).isEqualTo(20);
  }

  @Test
  void shouldIndexNoMoreThanTheHistoriesHold() {
    historyMax("q", 50);
    for (int i = 0; i < 10; i++) {
      long first = run("q", 30);
      assertThat(remembered(first, 30)).isEqualTo(30);
      assertThat(indexed()).isLessThanOrEqualTo(50);
    }
  }

  @Test
  void shouldFindAllThatIsRememberedAfterTheBoundWasRaised() {
    historyMax("q", 20);
    long first = run("q", 27);
    assertThat(remembered(first, 27)).isEqualTo(20);
    run("q", 3);
    historyMax("q", 100);
    long more = run("q", 30);
    assertThat(remembered(first, (int) (more + 30 - first))).isEqualTo(50);
  }

  @Test
  void shouldForgetWhatALowerBoundForgot() {
    long first = run("q", 200);
    assertThat(remembered(first, 200)).isEqualTo(200);
    historyMax("q", 16);
    long more = run("q", 10);
    assertThat(remembered(first, 200)).isZero();
    assertThat(remembered(more, 10)).isEqualTo(10);
    assertThat(indexed()).isLessThanOrEqualTo(16);
  }
}
