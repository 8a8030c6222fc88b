package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerFrame;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Running and waiting attempts that are called off, or lost. */
@Timeout(60)
final class WorkerCancelTest {
  private static final int NEVER_MS = 3_600_000;

  private final FakeMaster master = new FakeMaster();
  private final CountDownLatch release = new CountDownLatch(1);
  private final CountDownLatch wasInterrupted = new CountDownLatch(1);
  private final BlockingQueue<TaskContext> running = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> notices = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    release.countDown();
    master.close();
  }

  /** One worker with a slot and room for two waiting ones. */
  private void start() throws InterruptedException {
    master.start(
        master
            .worker()
            .prefetch(2)
            .onNotice(notices::add)
            .handle("flag", Integer.class, n -> Thread.currentThread().isInterrupted())
            .handle(
                "wait",
                Integer.class,
                (n, context) -> {
                  running.add(context);
                  release.await();
                  return n;
                })
            .handle(
                "polite",
                Integer.class,
                (n, context) -> {
                  CountDownLatch stopped = new CountDownLatch(1);
                  context.onCancel(stopped::countDown);
                  running.add(context);
                  stopped.await();
                  context.checkCancelled();
                  return n;
                })
            .handle(
                "finishing",
                Integer.class,
                (n, context) -> {
                  CountDownLatch stopped = new CountDownLatch(1);
                  context.onCancel(stopped::countDown);
                  running.add(context);
                  stopped.await();
                  return n;
                })
            .handle(
                "rude",
                Integer.class,
                (n, context) -> {
                  running.add(context);
                  boolean interrupted = false;
                  while (release.getCount() > 0) {
                    try {
                      release.await();
                    } catch (InterruptedException e) {
                      interrupted = true; // goes on
                      wasInterrupted.countDown();
                    }
                  }
                  if (interrupted) {
                    Thread.currentThread().interrupt();
                  }
                  return n;
                }));
    master.welcome(false, 0);
  }

  private void assertCancelled(Settlement settlement, long id) {
    assertThat(settlement.getCancelledIdsList()).containsExactly(id);
    assertThat(settlement.getCancelledTokensList()).containsExactly(FakeMaster.TOKEN);
    assertThat(settlement.getFailedList()).isEmpty();
    assertThat(settlement.getCompletedIdsList()).isEmpty();
  }

  private void assertNextSeesNoInterrupt() throws InterruptedException {
    master.offer("flag", 99);
    Settlement next = master.settle();
    assertThat(next.getCompletedIdsList()).containsExactly(99L);
    assertThat(next.getResults(0).toStringUtf8()).isEqualTo("false");
  }

  @Test
  void shouldTellTheHandlerAndSettleAsCancelledWhenItStops() throws InterruptedException {
    start();
    master.offer("polite", 9);
    TaskContext context = running.take();
    assertThat(context.isCancelled()).isFalse();
    master.stop(9, NEVER_MS, NEVER_MS);
    assertCancelled(master.settle(), 9);
    assertThat(context.isCancelled()).isTrue();
    assertThatThrownBy(context::checkCancelled)
        .isInstanceOf(CancelledTaskException.class)
        .hasMessage("task 9 was called off");
    assertNextSeesNoInterrupt();
  }

  @Test
  void shouldRunACallbackAtOnceWhenItIsCancelledAlready() throws InterruptedException {
    start();
    master.offer("polite", 9);
    TaskContext context = running.take();
    master.stop(9, NEVER_MS, NEVER_MS);
    assertCancelled(master.settle(), 9);
    CountDownLatch called = new CountDownLatch(1);
    context.onCancel(called::countDown);
    assertThat(called.getCount()).isZero();
  }

  @Test
  void shouldInterruptAHandlerThatDoesNotLook() throws InterruptedException {
    start();
    master.offer("wait", 9);
    var unused = running.take();
    master.stop(9, 1, NEVER_MS);
    assertCancelled(master.settle(), 9);
    assertNextSeesNoInterrupt();
  }

  @Test
  void shouldCompleteATaskThatSucceedsThoughItWasCalledOff() throws InterruptedException {
    start();
    master.offer("finishing", 9);
    var unused = running.take();
    master.stop(9, NEVER_MS, NEVER_MS);
    Settlement settlement = master.settle();
    assertThat(settlement.getCompletedIdsList()).containsExactly(9L);
    assertThat(settlement.getCancelledIdsList()).isEmpty();
  }

  @Test
  void shouldGiveUpAHandlerThatGoesOnAndKeepItsSlotUntilItEnds() throws InterruptedException {
    // given
    start();
    master.offer("rude", 9);
    var unused = running.take();
    // when
    master.stop(9, 0, 1);
    // then
    WorkerFrame given = master.await(f -> f.getSettlementsCount() > 0);
    assertCancelled(given.getSettlements(0).getSettlement(), 9);
    master.settledUpto(given.getSettlements(0).getNumber());
    assertThat(given.getCredit()).isZero();
    assertThat(notices.take()).isEqualTo(Worker.CONNECTED);
    assertThat(notices.take())
        .isEqualTo(
            "task 9 (handler \"rude\") was called off and did not stop in time; 1 slot is lost"
                + " until its handler ends");
    // when
    release.countDown();
    // then
    WorkerFrame ended = master.await(f -> f.getCredit() > 0);
    assertThat(ended.getCredit()).isEqualTo(1);
    assertThat(ended.getSettlementsCount()).isZero();
    assertNextSeesNoInterrupt();
  }

  @Test
  void shouldNotInterruptTheNextTaskThatWaits() throws InterruptedException {
    // given: a handler that leaves with its interrupt pending, and a task right behind it
    start();
    master.offer("rude", 9);
    master.offer("flag", 10);
    var unused = running.take();
    master.stop(9, 0, NEVER_MS);
    wasInterrupted.await();
    // when
    release.countDown();
    // then
    assertThat(master.results(2)).containsExactly("9", "false");
  }

  @Test
  void shouldSettleAWaitingOneAtOnce() throws InterruptedException {
    start();
    master.offer("wait", 9, 10, 11);
    var unused = running.take();
    master.stop(10, NEVER_MS, NEVER_MS);
    WorkerFrame frame = master.await(f -> f.getSettlementsCount() > 0);
    assertCancelled(frame.getSettlements(0).getSettlement(), 10);
    master.settledUpto(frame.getSettlements(0).getNumber());
    assertThat(frame.getCredit()).isEqualTo(1);
    master.breakStream();
    assertThat(master.welcome(true, 1).getHello().getHeldIdsList()).containsExactly(9L, 11L);
    release.countDown();
    assertThat(master.settle().getCompletedIdsList()).startsWith(9L).doesNotContain(10L);
    master.settleAll();
    assertThat(running.take().taskId()).isEqualTo(11);
  }

  @Test
  void shouldNotTouchAnotherAttemptOfTheTask() throws InterruptedException {
    start();
    master.offer("wait", 9);
    TaskContext context = running.take();
    master.stop(9, FakeMaster.TOKEN + 1, 0, 0);
    master.offer("flag", 10);
    release.countDown();
    assertThat(master.settle().getCompletedIdsList()).startsWith(9L);
    assertThat(context.isCancelled()).isFalse();
  }

  @Test
  void shouldDropALostAttemptWithoutAWordAndGiveItsSlotBack() throws InterruptedException {
    start();
    master.offer("wait", 9);
    TaskContext context = running.take();
    master.send(MasterFrame.newBuilder().addCancelledIds(9));
    WorkerFrame frame = master.await(f -> f.getCredit() > 0 || f.getSettlementsCount() > 0);
    assertThat(frame.getSettlementsCount()).isZero();
    assertThat(context.isCancelled()).isTrue();
    assertNextSeesNoInterrupt();
  }

  @Test
  void shouldRunATaskThatComesAgainAfterItWasLostWhileItWaited() throws InterruptedException {
    start();
    master.offer("wait", 9, 10);
    var unused = running.take();
    master.send(MasterFrame.newBuilder().addCancelledIds(10));
    assertThat(master.await(f -> f.getCredit() > 0).getCredit()).isEqualTo(1);
    master.offer("flag", offer -> offer.setToken(8), 10);
    release.countDown();
    master.settleAll();
    Settlement again = master.settle();
    while (!again.getCompletedIdsList().contains(10L)) {
      again = master.settle();
    }
    int index = again.getCompletedIdsList().indexOf(10L);
    assertThat(again.getCompletedTokens(index)).isEqualTo(8);
  }
}
