package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.common.Limits;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.StackDump;
import dev.muster.proto.v1.Usage;
import dev.muster.proto.v1.WorkerFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What others may ask of a worker that runs: to end at once, and what its handlers do. */
@Timeout(60)
final class WorkerControlTest {
  private final FakeMaster master = new FakeMaster();
  private final CountDownLatch release = new CountDownLatch(1);
  private final BlockingQueue<TaskContext> running = new LinkedBlockingQueue<>();
  private final BlockingQueue<Object> interrupted = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    release.countDown();
    master.close();
  }

  private Object waitForRelease(Integer n, TaskContext context) throws InterruptedException {
    running.add(context);
    try {
      release.await();
    } catch (InterruptedException e) {
      interrupted.add(n);
      throw e;
    }
    return n;
  }

  private Worker start(Worker.Builder builder) throws InterruptedException {
    Worker worker = master.start(builder.handle("wait", Integer.class, this::waitForRelease));
    master.welcome(false, 0);
    return worker;
  }

  @Test
  void shouldInterruptWhatRunsAndGiveAllBackWhenItIsKilled() throws InterruptedException {
    // given
    Worker worker = start(master.worker().prefetch(1));
    master.offer("wait", 9, 10);
    TaskContext context = running.take();
    master.settleAll();
    // when
    master.send(MasterFrame.newBuilder().setKill(true));
    // then
    List<Long> returned = new ArrayList<>();
    while (returned.size() < 2) {
      master
          .await(frame -> frame.getSettlementsCount() > 0)
          .getSettlementsList()
          .forEach(next -> returned.addAll(next.getSettlement().getReturnedIdsList()));
    }
    assertThat(returned).containsExactly(10L, 9L);
    assertThat(interrupted.take()).isEqualTo(9);
    assertThat(context.isCancelled()).isTrue();
    worker.awaitTermination();
    assertThat(worker.wasKilled()).isTrue();
  }

  @Test
  void shouldNotWaitForADrainUnderWayWhenItIsKilled() throws InterruptedException {
    Worker worker = start(master.worker());
    master.offer("wait", 9);
    var unused = running.take();
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> worker.drain(Duration.ofHours(1)));
    WorkerFrame draining = master.await(WorkerFrame::getDraining);
    assertThat(draining.getSettlementsCount()).isZero();
    master.settleAll();
    worker.kill();
    assertThat(drained.join()).isFalse();
    Settlement last =
        master.await(f -> f.getSettlementsCount() > 0).getSettlements(0).getSettlement();
    assertThat(last.getReturnedIdsList()).containsExactly(9L);
  }

  @Test
  void shouldNotBeKilledByADrain() throws InterruptedException {
    Worker worker = start(master.worker());
    master.send(MasterFrame.newBuilder().setDrain(true));
    worker.awaitTermination();
    assertThat(worker.wasKilled()).isFalse();
  }

  private StackDump stack(long id) throws InterruptedException {
    master.send(MasterFrame.newBuilder().addStackWanted(id));
    return master.await(frame -> frame.getStacksCount() > 0).getStacks(0);
  }

  @Test
  void shouldSendTheStackOfTheHandlerThatRuns() throws InterruptedException {
    start(master.worker().slots(2));
    master.offer("wait", 9, 10);
    running.take();
    running.take();
    StackDump dump = stack(10);
    assertThat(dump.getId()).isEqualTo(10);
    assertThat(dump.getToken()).isEqualTo(FakeMaster.TOKEN);
    assertThat(dump.getText())
        .contains("at dev.muster.worker.WorkerControlTest.waitForRelease(WorkerControlTest.java:")
        .contains("at java.util.concurrent.CountDownLatch.await(")
        .startsWith("\"worker-slot-");
  }

  @Test
  void shouldSayThatATaskDoesNotRunHere() throws InterruptedException {
    start(master.worker().prefetch(1));
    master.offer("wait", 9, 10);
    running.take();
    assertThat(stack(10)).isEqualTo(StackDump.newBuilder().setId(10).build());
    assertThat(stack(99)).isEqualTo(StackDump.newBuilder().setId(99).build());
  }

  @Test
  void shouldTakeTheStackFromWhereTheHandlerRunsAndBoundIt() throws InterruptedException {
    start(master.worker());
    master.offer("wait", 9);
    running.take().runs(elsewhere("at Elsewhere.run\n".repeat(10_000)));
    assertThat(stack(9).getText()).startsWith("at Elsewhere.run\n").hasSize(Limits.STACK_BYTES_MAX);
  }

  @Test
  void shouldNameTheOneThatHoldsTheLock() throws InterruptedException {
    Object lock = new Object();
    BlockingQueue<Thread> blocked = new LinkedBlockingQueue<>();
    Worker.Builder builder =
        master
            .worker()
            .handle(
                "lock",
                Integer.class,
                n -> {
                  blocked.add(Thread.currentThread());
                  synchronized (lock) {
                    return n;
                  }
                });
    start(builder);
    String text;
    synchronized (lock) {
      master.offer("lock", 9);
      Thread handler = blocked.take();
      while (handler.getState() != Thread.State.BLOCKED) {
        Thread.onSpinWait();
      }
      text = stack(9).getText();
    }
    assertThat(text)
        .contains("BLOCKED")
        .contains("waits for java.lang.Object@")
        .contains("holds java.lang.Object@")
        .contains("\"" + Thread.currentThread().getName() + "\"");
  }

  @Test
  void shouldSendWhatALongAttemptUsed() throws InterruptedException {
    Worker.Builder builder =
        master
            .worker()
            .handle(
                "spin",
                Integer.class,
                n -> {
                  long end = System.nanoTime() + 20_000_000;
                  byte[][] garbage = new byte[1_000][];
                  for (int i = 0; System.nanoTime() < end; i++) {
                    garbage[i % 1_000] = new byte[1_000];
                  }
                  if (n == 2) {
                    throw new IllegalStateException("no");
                  }
                  return garbage.length;
                });
    start(builder);
    master.offer("spin", 1);
    Settlement completed = master.settle();
    assertThat(completed.getCompletedUsage(0).getIndex()).isZero();
    assertUsed(completed.getCompletedUsage(0).getUsage());
    master.offer("spin", 2);
    assertUsed(master.settle().getFailed(0).getUsage());
  }

  private static void assertUsed(Usage usage) {
    assertThat(usage.getCpuUs()).isPositive();
    assertThat(usage.getAllocatedBytes()).isPositive();
  }

  @Test
  void shouldSendTheUsageThatWasMeasuredElsewhere() throws InterruptedException {
    start(master.worker());
    master.offer("wait", 9);
    Usage usage = Usage.newBuilder().setCpuUs(5).setPeakBytes(7).build();
    TaskContext task = running.take();
    task.runs(elsewhere(""));
    task.usage(usage);
    release.countDown();
    assertThat(master.settle().getCompletedUsage(0).getUsage()).isEqualTo(usage);
  }

  private static RunElsewhere elsewhere(String stack) {
    return new RunElsewhere() {
      @Override
      public void drain() {}

      @Override
      public void kill(long graceMs) {}

      @Override
      public CompletableFuture<String> stack() {
        return CompletableFuture.completedFuture(stack);
      }
    };
  }
}
