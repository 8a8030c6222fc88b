package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.TaskEnd;
import dev.muster.client.TaskQueue;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import dev.muster.worker.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a queue promises, each as a user meets it: through the command line and the Java client,
 * against one master process. Every test has queues of its own; handlers run in this JVM.
 */
@Timeout(120)
final class QueueFeaturesIT {
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();

  @Test
  void shouldTryAgainWithBackoffUntilFailedAndRunWhenReplayed() {
    AtomicBoolean broken = new AtomicBoolean(true);
    try (Worker worker =
        rig.worker("dead")
            .handle(
                "pay",
                Integer.class,
                n -> {
                  if (broken.get()) {
                    throw new IllegalStateException("no money");
                  }
                  return "paid";
                })
            .start()) {
      long id =
          rig.put("dead", "--name", "pay", "--max-attempts", "3", "--backoff", "50ms..100ms", "1");

      assertThat(rig.end(id)).isEqualTo(TaskState.TASK_STATE_FAILED);
      TaskInfo task = rig.muster().task(id);
      assertThat(task.getFailures()).isEqualTo(3);
      assertThat(task.getFailure().getMessage()).isEqualTo("no money");
      assertThat(task.getTimelineList())
          .extracting(Attempt::getEnd)
          .containsExactlyElementsOf(Collections.nCopies(3, AttemptEnd.ATTEMPT_END_FAILED));
      assertThat(task.getTimeline(1).getOfferedMs())
          .as("waited")
          .isGreaterThan(task.getTimeline(0).getEndedMs());
      assertThat(rig.run("dead", "ls", "dead", "--kind", "java.lang.Illegal"))
          .contains(Long.toUnsignedString(id), "no money");

      broken.set(false);
      assertThat(rig.run("dead", "replay", "dead", "--kind", "java.lang.Illegal"))
          .isEqualTo("put back 1 tasks of queue dead");
      assertThat(rig.result(id, String.class)).isEqualTo("paid");
      assertThat(rig.run("dead", "ls", "dead")).doesNotContain(Long.toUnsignedString(id));
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldStartADelayedTaskWhenItIsDueAndNotBefore() {
    try (Worker worker = rig.worker("later").handle("echo", Integer.class, n -> n).start()) {
      long far = rig.put("later", "--name", "echo", "--delay", "1h", "1");
      long near = rig.put("later", "--name", "echo", "--delay", "700ms", "2");

      assertThat(rig.result(near, Integer.class)).isEqualTo(2);
      TaskInfo task = rig.muster().task(near);
      assertThat(task.getTimeline(0).getOfferedMs() - task.getEnqueuedMs())
          .isGreaterThanOrEqualTo(700);
      assertThat(rig.state(far)).isEqualTo(TaskState.TASK_STATE_DELAYED);
      assertThat(rig.run("task", "ls", "later", "--state", "delayed"))
          .contains(Long.toUnsignedString(far));
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldExpireATaskThatNobodyTook() {
    long id = rig.put("stale", "--ttl", "100ms", "1");

    assertThat(rig.end(id)).isEqualTo(TaskState.TASK_STATE_EXPIRED);
    assertThat(rig.muster().queue("stale").orElseThrow().getReady()).isZero();
  }

  @Test
  void shouldHandOutTheHighestPriorityFirstAndEqualOnesInOrder() {
    rig.put("rank", "--priority", "0", "1");
    rig.muster().tasks("rank", Integer.class).priority(5).enqueueAll(List.of(2, 3));
    rig.put("rank", "--priority", "9", "4");

    assertThat(rig.run("take", "--queue", "rank", "--count", "4").lines())
        .containsExactly("4", "2", "3", "1");
  }

  @Test
  void shouldKnowATaskByItsUniqueKeyUntilItIsFinished() {
    long id = rig.put("once", "--unique", "order-17", "1");

    assertThat(rig.put("once", "--unique", "order-17", "2")).isEqualTo(id);
    var found = rig.muster().tasks("once", Integer.class).enqueueUnique(3, "order-17");
    assertThat(found.id()).isEqualTo(id);
    assertThat(found.existing()).isTrue();
    assertThat(rig.run("take", "--queue", "once")).isEqualTo("1");
    assertThat(rig.put("once", "--unique", "order-17", "4")).isNotEqualTo(id);
    assertThat(rig.muster().queue("once").orElseThrow().getEnqueued()).isEqualTo(2);
  }

  @Test
  void shouldSayWhyATaskWaits() {
    long delayed = rig.put("why", "--delay", "1h", "1");
    long ready = rig.put("why", "--require", "gpu=yes", "2");

    assertThat(rig.run("task", "explain", Long.toUnsignedString(delayed)))
        .contains("[DELAY]", "it is not to run before");
    assertThat(rig.run("task", "explain", Long.toUnsignedString(ready)))
        .contains("[NO_WORKER]", "no worker is connected that serves queue why");
    rig.run("queue", "pause", "why");
    assertThat(rig.run("task", "explain", Long.toUnsignedString(ready))).contains("[QUEUE_PAUSED]");
  }

  @Test
  void shouldAddUpWhenEverythingIsCountedAgain() {
    rig.put("counted", "1");
    rig.put("counted", "--group", "g", "2");

    assertThat(rig.run("verify")).startsWith("everything adds up: counted ");
  }

  @Test
  void shouldRunAGroupOneAtATimeInItsOrder() {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    try (Worker worker =
        rig.worker("group")
            .slots(8)
            .handle(
                "step",
                Integer.class,
                n -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  order.add(n);
                  running.decrementAndGet();
                  return n;
                })
            .start()) {
      List<Integer> steps = IntStream.range(0, 200).boxed().toList();
      List<Long> ids =
          rig.muster().tasks("group", Integer.class).handler("step").group("g").enqueueAll(steps);
      long last = rig.put("group", "--name", "step", "--group", "g", "200");

      rig.muster().results().awaitAll(ids, Integer.class, FeatureRig.PATIENCE);
      assertThat(rig.result(last, Integer.class)).isEqualTo(200);
      assertThat(order).containsExactlyElementsOf(IntStream.rangeClosed(0, 200).boxed().toList());
      assertThat(most).hasValue(1);
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldCancelAWaitingTaskAtOnce() {
    long id = rig.put("off", "1");

    assertThat(rig.run("cancel", Long.toUnsignedString(id), "--reason", "wrong price list"))
        .isEqualTo("cancelled 1, stopping 0, untouched 0");
    TaskInfo task = rig.muster().task(id);
    assertThat(task.getState()).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(task.getCause()).contains("wrong price list");
  }

  @Test
  void shouldCancelAllOfAQueueThatWait() {
    rig.put("all-off", "1");
    rig.put("all-off", "--delay", "1h", "2");

    assertThat(rig.run("cancel", "--queue", "all-off"))
        .isEqualTo("cancelled 2, stopping 0, untouched 0");
  }

  @Test
  void shouldCancelARunningTaskThroughItsWorker() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    try (Worker worker = stubborn("stop", started).start()) {
      long id = rig.put("stop", "--name", "wait", "1");
      assertThat(started.await(60, TimeUnit.SECONDS)).isTrue();

      assertThat(rig.run("cancel", Long.toUnsignedString(id)))
          .isEqualTo("cancelled 0, stopping 1, untouched 0");
      assertThat(rig.end(id)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
      assertThat(rig.muster().task(id).getTimeline(0).getEnd())
          .isEqualTo(AttemptEnd.ATTEMPT_END_CANCELLED);
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldFailAnAttemptThatRunsOverItsLimit() throws InterruptedException {
    CountDownLatch started = new CountDownLatch(1);
    try (Worker worker = stubborn("long", started).start()) {
      long id = rig.put("long", "--name", "wait", "--run-limit", "300ms", "1");

      assertThat(rig.end(id)).isEqualTo(TaskState.TASK_STATE_FAILED);
      TaskInfo task = rig.muster().task(id);
      assertThat(task.getFailure().getKind()).isEqualTo("muster.Overrun");
      assertThat(task.getTimelineList())
          .extracting(Attempt::getEnd)
          .containsExactly(AttemptEnd.ATTEMPT_END_OVERRAN);
      Attempt attempt = task.getTimeline(0);
      assertThat(attempt.getEndedMs() - attempt.getStartedMs()).isGreaterThanOrEqualTo(300);
      assertThat(rig.result(rig.put("long", "--name", "echo", "7"), Integer.class))
          .as("its slot is free again")
          .isEqualTo(7);
      assertThat(worker.refused()).isZero();
    }
  }

  /** A worker of one slot whose handler "wait" ends only when it is called off. */
  private static Worker.Builder stubborn(String queue, CountDownLatch started) {
    return rig.worker(queue)
        .slots(1)
        .handle("echo", Integer.class, n -> n)
        .handle(
            "wait",
            Integer.class,
            (n, context) -> {
              CountDownLatch calledOff = new CountDownLatch(1);
              context.onCancel(calledOff::countDown);
              started.countDown();
              calledOff.await();
              context.checkCancelled();
              return n;
            });
  }

  @Test
  void shouldKeepToTheConcurrencyOfAQueue() throws InterruptedException {
    Semaphore started = new Semaphore(0);
    Semaphore released = new Semaphore(0);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    rig.run("queue", "set", "narrow", "--concurrency", "2");
    try (Worker worker =
        rig.worker("narrow")
            .slots(8)
            .handle(
                "wait",
                Integer.class,
                n -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  started.release();
                  released.acquire();
                  running.decrementAndGet();
                  return n;
                })
            .start()) {
      List<Long> ids =
          rig.muster()
              .tasks("narrow", Integer.class)
              .handler("wait")
              .enqueueAll(List.of(1, 2, 3, 4, 5, 6));
      assertThat(started.tryAcquire(2, 60, TimeUnit.SECONDS)).isTrue();
      QueueInfo queue = rig.muster().queue("narrow").orElseThrow();
      assertThat(queue.getOffered() + queue.getRunning()).isEqualTo(2);
      assertThat(queue.getReady()).isEqualTo(4);

      released.release(6);
      rig.muster().results().awaitAll(ids, Integer.class, FeatureRig.PATIENCE);
      assertThat(most).hasValue(2);
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldStartNothingWhileAQueueIsPaused() {
    try (Worker worker =
        rig.worker("halt").queue("other").handle("echo", Integer.class, n -> n).start()) {
      rig.run("pause", "halt");
      long held = rig.put("halt", "--name", "echo", "1");
      rig.result(rig.put("other", "--name", "echo", "2"), Integer.class);
      assertThat(rig.state(held)).isEqualTo(TaskState.TASK_STATE_READY);

      rig.run("resume", "halt");
      assertThat(rig.result(held, Integer.class)).isEqualTo(1);
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldKeepAScheduleAndRunItNow() {
    try (Worker worker =
        rig.worker("clock").handle("echo", String.class, text -> text + "!").start()) {
      rig.run(
          "schedule",
          "add",
          "nightly",
          "--cron",
          "0 3 1 1 *",
          "--zone",
          "Europe/Berlin",
          "--queue",
          "clock",
          "--name",
          "echo",
          "\"tick\"");

      assertThat(rig.run("schedule", "ls", "night").lines().toList().get(1))
          .startsWith("nightly")
          .contains("0 3 1 1 *", "Europe/Berlin", "clock", "-01-01T02:00:00Z");
      long id = Long.parseUnsignedLong(rig.run("schedule", "run", "nightly"));
      assertThat(rig.result(id, String.class)).isEqualTo("tick!");
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldRunAJoinWithTheResultsOfItsGroup() {
    try (Worker worker =
        rig.worker("chord")
            .slots(4)
            .handle("square", Integer.class, n -> n * n)
            .handle(
                "sum",
                String.class,
                (name, context) ->
                    name
                        + "="
                        + context.inputs().stream()
                            .mapToInt(input -> input.result(Integer.class))
                            .sum())
            .start()) {
      TaskQueue<Integer> squares = rig.muster().tasks("chord", Integer.class).handler("square");
      TaskQueue<String> sums = rig.muster().tasks("chord", String.class).handler("sum");

      long join =
          rig.muster()
              .group(IntStream.rangeClosed(1, 100).mapToObj(squares::task).toList())
              .then(sums.task("all"))
              .enqueue()
              .last();

      assertThat(rig.result(join, String.class)).isEqualTo("all=338350");
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldAwaitTheFirstAndAllOfManyTasks() {
    try (Worker worker =
        rig.worker("many").slots(2).handle("echo", Integer.class, n -> n).start()) {
      TaskQueue<Integer> tasks = rig.muster().tasks("many", Integer.class).handler("echo");
      List<Long> waiting =
          new ArrayList<>(
              tasks
                  .delay(Duration.ofHours(1))
                  .enqueueAll(IntStream.range(0, 3_000).boxed().toList()));
      long first = tasks.enqueue(42);
      waiting.add(1_500, first);

      TaskEnd<Integer> any =
          rig.muster().results().awaitAny(waiting, Integer.class, FeatureRig.PATIENCE);
      assertThat(any.id()).isEqualTo(first);
      assertThat(any.value()).isEqualTo(42);

      List<Integer> numbers = IntStream.range(0, 3_000).boxed().toList();
      assertThat(tasks.awaitAll(tasks.enqueueAll(numbers), Integer.class, FeatureRig.PATIENCE))
          .isEqualTo(numbers);
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldShowWhatATaskSaysWhileItRuns() throws InterruptedException {
    CountDownLatch heard = new CountDownLatch(1);
    try (Worker worker =
        rig.worker("talk")
            .handle(
                "talk",
                Integer.class,
                (n, context) -> {
                  context.progress(0.5, "half way");
                  context.log("WARN", "a line");
                  context.partial("a part");
                  heard.await();
                  return n;
                })
            .start()) {
      long id = rig.put("talk", "--name", "talk", "1");
      try (JarProcess watch =
          JarProcess.start(
              rig.master().environment(), "task", "watch", Long.toUnsignedString(id))) {
        watch.awaitOut(".*50 %.*half way.*");
        watch.awaitOut(".*WARN.*a line.*");
        watch.awaitOut(".*a part.*");
        heard.countDown();
        CommandRun end = watch.awaitEnd();

        assertThat(end.exitCode()).isZero();
        assertThat(end.outLines().get(end.outLines().size() - 1)).contains("SUCCEEDED");
      } finally {
        heard.countDown();
      }
      assertThat(worker.refused()).isZero();
    }
  }
}
