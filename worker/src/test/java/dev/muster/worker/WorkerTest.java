package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.client.retry.Backoff;
import dev.muster.common.AuthenticationException;
import dev.muster.common.InvalidInputException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.WorkerFrame;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WorkerTest {
  private final FakeMaster master = new FakeMaster();
  private final List<Worker> workers = new ArrayList<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final BlockingQueue<TaskContext> running = new LinkedBlockingQueue<>();
  private final Queue<NumberedSettlement> settlements = new ArrayDeque<>();

  @AfterEach
  void close() {
    release.countDown();
    master.settleAll();
    for (Worker worker : workers) {
      var unused = worker.drain(Duration.ofMillis(1));
    }
    master.close();
  }

  private Worker start(Worker.Builder builder) {
    Worker worker =
        builder
            .handle("square", Integer.class, n -> n * n)
            .handle(
                "wait",
                Integer.class,
                (n, context) -> {
                  running.add(context);
                  release.await();
                  return n;
                })
            .start();
    workers.add(worker);
    return worker;
  }

  /** The next one: a frame may have several. */
  private NumberedSettlement settlement() throws InterruptedException {
    while (settlements.isEmpty()) {
      settlements.addAll(
          master.await(frame -> frame.getSettlementsCount() > 0).getSettlementsList());
    }
    return settlements.remove();
  }

  @Test
  void shouldSettleWithResultAndGiveCreditBackInTheSameFrame() throws InterruptedException {
    start(master.worker().slots(2).prefetch(3));
    WorkerFrame hello = master.welcome(false, 0);
    assertThat(hello.getHello().getCredit()).isEqualTo(5);
    assertThat(hello.getHello().getHandlersList()).containsExactly("square", "wait");
    // when
    master.offer("square", 9);
    // then
    WorkerFrame frame = master.await(f -> f.getSettlementsCount() > 0);
    Settlement settlement = frame.getSettlements(0).getSettlement();
    assertThat(frame.getSettlements(0).getNumber()).isEqualTo(1);
    assertThat(frame.getCredit()).isEqualTo(1);
    assertThat(settlement.getCompletedIdsList()).containsExactly(9L);
    assertThat(settlement.getCompletedTokensList()).containsExactly(FakeMaster.TOKEN);
    assertThat(settlement.getResults(0).toStringUtf8()).isEqualTo("81");
    assertThat(settlement.getResultContentType()).isEqualTo("application/json");
  }

  @Test
  void shouldSayStartedWhileTheTaskRuns() throws InterruptedException {
    start(master.worker());
    master.welcome(false, 0);
    master.offer("wait", 9);
    assertThat(master.await(f -> f.getStartedIdsCount() > 0).getStartedIdsList())
        .containsExactly(9L);
  }

  @Test
  void shouldRunEachOnceAndReturnAllCreditWhenManyAreOffered() throws InterruptedException {
    start(master.worker().slots(3).prefetch(2_000));
    master.welcome(false, 0);
    master.offer("square", LongStream.range(0, 1_000).toArray());
    master.offer("square", LongStream.range(1_000, 2_003).toArray());
    List<Long> done = new ArrayList<>();
    int credit = 0;
    while (done.size() < 2_003 || credit < 2_003) {
      WorkerFrame frame = master.frames.take();
      credit += frame.getCredit();
      for (NumberedSettlement numbered : frame.getSettlementsList()) {
        done.addAll(numbered.getSettlement().getCompletedIdsList());
        master.settledUpto(numbered.getNumber());
      }
    }
    assertThat(done)
        .containsExactlyInAnyOrderElementsOf(LongStream.range(0, 2_003).boxed().toList());
    assertThat(credit).isEqualTo(2_003);
  }

  @Test
  void shouldFailTheTaskWhenHandlerIsUnknownOrThrows() throws InterruptedException {
    Worker.Builder builder = master.worker();
    start(
        builder
            .handle(
                "fail",
                Integer.class,
                n -> {
                  throw new IllegalArgumentException("not " + n);
                })
            .handle(
                "overflow",
                Integer.class,
                n -> {
                  throw new StackOverflowError();
                })
            .handle("unencodable", Integer.class, n -> new Object())
            .handle("large", Integer.class, n -> new byte[(4 << 20) + 1])
            .handle("typed", Point.class, Point::x));
    master.welcome(false, 0);
    master.offer("cube", 1);
    Failure unknown = failure();
    assertThat(unknown.getKind()).isEqualTo("muster.UnknownHandler");
    assertThat(unknown.getMessage()).contains("\"cube\"", "square, typed");
    master.offer("fail", 2);
    Failure thrown = failure();
    assertThat(thrown.getKind()).isEqualTo("java.lang.IllegalArgumentException");
    assertThat(thrown.getMessage()).isEqualTo("not 2");
    assertThat(thrown.getDetail()).contains("WorkerTest");
    assertThat(thrown.getRetryable()).isTrue();
    master.offer("overflow", 3);
    assertThat(failure().getKind()).isEqualTo("java.lang.StackOverflowError");
    master.offer("unencodable", 4);
    assertThat(failure().getMessage()).contains("unencodable", "java.lang.Object");
    master.offer("large", 5);
    assertThat(failure().getKind()).isEqualTo("muster.ResultTooLarge");
    master.offer("typed", 6);
    Failure undecodable = failure();
    assertThat(undecodable.getMessage()).contains("Point");
    assertThat(undecodable.getRetryable()).isFalse();
    master.offer("square", 7);
    assertThat(settlement().getSettlement().getCompletedIdsList()).containsExactly(7L);
  }

  record Point(int x) {}

  private Failure failure() throws InterruptedException {
    return settlement().getSettlement().getFailed(0).getFailure();
  }

  @Test
  void shouldKeepSessionAndWorkWhenStreamBreaks() throws InterruptedException {
    // given: 9 is settled but not durable, 10 runs, 11 waits
    start(master.worker().prefetch(2));
    WorkerFrame first = master.welcome(false, 0);
    master.offer("square", 9);
    NumberedSettlement settled = settlement();
    master.offer("wait", 10, 11);
    var unused = running.take();
    // when
    master.breakStream();
    // then
    WorkerFrame again = master.welcome(true, 0);
    assertThat(again.getHello().getSession()).isEqualTo(first.getHello().getSession());
    assertThat(again.getHello().getHeldIdsList()).containsExactlyInAnyOrder(9L, 10L, 11L);
    assertThat(again.getHello().getCredit()).isEqualTo(1);
    WorkerFrame resent = master.await(f -> f.getSettlementsCount() > 0);
    assertThat(resent.getSettlementsList()).containsExactly(settled);
    assertThat(resent.getStartedIdsList()).containsExactly(10L);
    assertThat(resent.getCredit()).isZero();
    master.settledUpto(1);
    release.countDown();
    NumberedSettlement next = settlement();
    assertThat(next.getNumber()).isEqualTo(2);
    assertThat(next.getSettlement().getCompletedIdsList()).startsWith(10L);
  }

  @Test
  void shouldNotSendAgainWhatIsDurable() throws InterruptedException {
    start(master.worker());
    master.welcome(false, 0);
    master.offer("square", 9);
    assertThat(settlement().getNumber()).isEqualTo(1);
    master.breakStream();
    master.welcome(true, 1);
    master.offer("square", 10);
    NumberedSettlement next = settlement();
    assertThat(next.getNumber()).isEqualTo(2);
    assertThat(next.getSettlement().getCompletedIdsList()).containsExactly(10L);
  }

  @Test
  void shouldDropWorkAndStartNewSessionWhenExpired() throws InterruptedException {
    // given
    CountDownLatch interrupted = new CountDownLatch(1);
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    start(
        master
            .worker()
            .prefetch(1)
            .onNotice(notices::add)
            .handle(
                "slow",
                Integer.class,
                (n, context) -> {
                  running.add(context);
                  try {
                    release.await();
                  } catch (InterruptedException e) {
                    interrupted.countDown();
                  }
                  release.await();
                  return n;
                }));
    WorkerFrame first = master.welcome(false, 0);
    master.offer("slow", 9, 10);
    TaskContext context = running.take();
    // when
    master.send(MasterFrame.newBuilder().setSessionExpired(true));
    // then
    WorkerFrame second = master.welcome(false, 0);
    assertThat(second.getHello().getSession()).isNotEqualTo(first.getHello().getSession());
    assertThat(second.getHello().getHeldIdsList()).isEmpty();
    assertThat(second.getHello().getCredit()).isEqualTo(1);
    assertThat(context.isCancelled()).isTrue();
    interrupted.await();
    assertThat(List.of(notices.take(), notices.take(), notices.take()))
        .containsExactly(
            Worker.CONNECTED,
            "the master ended the session: what this worker held belongs to others by now; it"
                + " starts a new session",
            Worker.CONNECTED_AGAIN);
    release.countDown();
    master.offer("square", 11);
    NumberedSettlement only = settlement();
    assertThat(only.getNumber()).isEqualTo(1);
    assertThat(only.getSettlement().getCompletedIdsList()).containsExactly(11L);
  }

  @Test
  void shouldStartNewSessionWhenMasterDoesNotKnowItAnyMore() throws InterruptedException {
    start(master.worker());
    WorkerFrame first = master.welcome(false, 0);
    master.offer("wait", 9);
    var unused = running.take();
    master.breakStream();
    assertThat(master.welcome(false, 0).getHello().getSession())
        .isEqualTo(first.getHello().getSession());
    assertThat(master.welcome(false, 0).getHello().getSession())
        .isNotEqualTo(first.getHello().getSession());
  }

  @Test
  void shouldStartNewSessionWhenTheMasterHasForgottenWhatItSettled() throws InterruptedException {
    // given: the first of two settlements is durable
    start(master.worker());
    WorkerFrame first = master.welcome(false, 0);
    master.offer("square", 9);
    assertThat(settlement().getNumber()).isEqualTo(1);
    master.breakStream();
    master.welcome(true, 1);
    master.offer("square", 10);
    assertThat(settlement().getNumber()).isEqualTo(2);
    // when: the session has ended, and a hello whose welcome got lost has opened another
    master.breakStream();
    assertThat(master.welcome(true, 0).getHello().getSession())
        .isEqualTo(first.getHello().getSession());
    // then
    assertThat(master.welcome(false, 0).getHello().getSession())
        .isNotEqualTo(first.getHello().getSession());
  }

  @Test
  void shouldTellTheHandlerWhenItsTaskIsCalledOff() throws InterruptedException {
    start(master.worker().prefetch(1));
    master.welcome(false, 0);
    master.offer("wait", 9, 10);
    TaskContext context = running.take();
    CountDownLatch told = new CountDownLatch(1);
    context.onCancel(told::countDown);
    master.send(MasterFrame.newBuilder().addCancelledIds(9).addCancelledIds(10));
    master.settledUpto(0);
    master.offer("square", 11);
    told.await();
    release.countDown();
    List<Long> done = new ArrayList<>();
    while (!done.contains(11L)) {
      done.addAll(settlement().getSettlement().getCompletedIdsList());
      master.settledUpto(100);
    }
    assertThat(context.isCancelled()).isTrue();
    assertThat(done).doesNotContain(10L);
  }

  @Test
  void shouldKeepANewOfferWhenItsFrameTakesAnOlderAttemptAway() throws InterruptedException {
    // given: 9 runs, 10 waits
    start(master.worker().prefetch(1));
    master.welcome(false, 0);
    master.offer("wait", 9, 10);
    TaskContext lost = running.take();
    // when
    long newer = FakeMaster.TOKEN + 1;
    master.send(
        MasterFrame.newBuilder()
            .addOffers(
                Offer.newBuilder()
                    .setQueue("tasks")
                    .setToken(newer)
                    .setOptions(
                        TaskOptions.newBuilder()
                            .setHandler("square")
                            .setResultPolicy(ResultPolicy.RESULT_POLICY_KEEP))
                    .addIds(9)
                    .addIds(10)
                    .addPayloads(ByteString.copyFromUtf8("9"))
                    .addPayloads(ByteString.copyFromUtf8("10")))
            .addCancelledIds(9)
            .addCancelledIds(10));
    // then
    List<Long> done = new ArrayList<>();
    while (done.size() < 2) {
      Settlement settlement = master.settle();
      assertThat(settlement.getCompletedTokensList()).containsOnly(newer);
      done.addAll(settlement.getCompletedIdsList());
    }
    assertThat(done).containsExactly(9L, 10L);
    assertThat(lost.isCancelled()).isTrue();
  }

  @Test
  void shouldGiveBackUnstartedAndFinishRunningWhenDrained() throws InterruptedException {
    // given
    Worker worker = start(master.worker().prefetch(2));
    master.welcome(false, 0);
    master.offer("wait", 9, 10, 11);
    var unused = running.take();
    // when
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> worker.drain(Duration.ofSeconds(30)));
    // then
    WorkerFrame draining = master.await(WorkerFrame::getDraining);
    Settlement returned = draining.getSettlements(0).getSettlement();
    assertThat(returned.getReturnedIdsList()).containsExactly(10L, 11L);
    master.settledUpto(draining.getSettlements(0).getNumber());
    release.countDown();
    NumberedSettlement last = settlement();
    assertThat(last.getSettlement().getCompletedIdsList()).containsExactly(9L);
    master.settledUpto(last.getNumber());
    assertThat(drained.join()).isTrue();
    worker.awaitTermination();
  }

  @Test
  void shouldSayGoodbyeWhenDrainedIdle() throws InterruptedException {
    Worker worker = start(master.worker());
    master.welcome(false, 0);
    master.send(MasterFrame.newBuilder().setDrain(true));
    assertThat(master.await(WorkerFrame::getGoodbye).getCredit()).isZero();
    worker.awaitTermination();
  }

  @Test
  void shouldGiveBackRunningTaskWhenDrainRunsOutOfTime() throws InterruptedException {
    Worker worker = start(master.worker());
    master.welcome(false, 0);
    master.offer("wait", 9);
    TaskContext context = running.take();
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> worker.drain(Duration.ofMillis(1)));
    NumberedSettlement last = settlement();
    assertThat(last.getSettlement().getReturnedIdsList()).containsExactly(9L);
    assertThat(context.isCancelled()).isTrue();
    master.settledUpto(last.getNumber());
    assertThat(drained.join()).isFalse();
  }

  @Test
  void shouldEndWhenTheKeyIsWrong() {
    Worker worker =
        start(
            new Worker.Builder(
                    () ->
                        new WorkerLink(
                            () -> {
                              throw new AuthenticationException("wrong key");
                            },
                            Backoff.none(),
                            () -> {}))
                .queue("tasks"));
    assertThatThrownBy(worker::awaitTermination).isInstanceOf(AuthenticationException.class);
  }

  @Test
  void shouldSayOnceAndKeepTryingWhenUnreachable() throws InterruptedException {
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    CountDownLatch attempts = new CountDownLatch(5);
    start(
        new Worker.Builder(
                () ->
                    new WorkerLink(
                        () -> {
                          attempts.countDown();
                          throw new UnreachableException("no master at h:1");
                        },
                        Backoff.none(),
                        () -> {}))
            .queue("tasks")
            .onNotice(notices::add));
    assertThat(notices.take()).isEqualTo("no master at h:1; the worker keeps trying");
    attempts.await();
    assertThat(notices).isEmpty();
  }

  @Test
  void shouldSayWhenItIsConnectedAndAgainAfterAnOutage() throws InterruptedException {
    // given
    AtomicBoolean down = new AtomicBoolean();
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    WorkerLink link = master.link();
    start(
        new Worker.Builder(
                () ->
                    new WorkerLink(
                        () -> {
                          if (down.get()) {
                            throw new UnreachableException("no master at h:1");
                          }
                          return link.channels().get();
                        },
                        Backoff.none(),
                        () -> {}))
            .queue("tasks")
            .onNotice(notices::add));
    var unused = master.await(WorkerFrame::hasHello);
    assertThat(notices).isEmpty(); // it has said hello, and not been welcomed
    master.breakStream();
    unused = master.welcome(false, 0);
    assertThat(notices.take()).contains("keeps trying");
    assertThat(notices.take()).isEqualTo(Worker.CONNECTED);
    // when
    down.set(true);
    master.breakStream();
    // then
    assertThat(notices.take()).isEqualTo("no master at h:1; the worker keeps trying");
    assertThat(notices).isEmpty();
    down.set(false);
    unused = master.welcome(true, 0);
    assertThat(notices.take()).isEqualTo(Worker.CONNECTED_AGAIN);
  }

  @Test
  void shouldBeginNothingThatIsStillOfferedWhileItDrains() throws InterruptedException {
    // given
    int late = 500;
    AtomicInteger began = new AtomicInteger();
    Worker worker =
        start(
            master
                .worker()
                .slots(4)
                .prefetch(late)
                .handle("count", Integer.class, n -> began.incrementAndGet()));
    var unused = master.welcome(false, 0);
    master.offer("wait", 9);
    unused = master.await(f -> f.getStartedIdsCount() > 0);
    // when
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> worker.drain(Duration.ofMinutes(1)));
    unused = master.await(WorkerFrame::getDraining);
    for (int i = 0; i < late; i++) {
      master.offer("count", 1_000 + i);
    }
    // then
    int returned = 0;
    while (returned < late) {
      for (NumberedSettlement numbered : master.frames.take().getSettlementsList()) {
        assertThat(numbered.getSettlement().getCompletedIdsCount()).isZero();
        returned += numbered.getSettlement().getReturnedIdsCount();
        master.settledUpto(numbered.getNumber());
      }
    }
    assertThat(began).hasValue(0);
    release.countDown();
    master.settleAll();
    assertThat(drained.join()).isTrue();
  }

  @Test
  void shouldSayNothingOfWhatCrossesItsGoodbye() throws InterruptedException {
    // given
    Worker worker = start(master.worker());
    var unused = master.welcome(false, 0);
    master.holdGoodbye();
    CompletableFuture<Boolean> drained =
        CompletableFuture.supplyAsync(() -> worker.drain(Duration.ofMinutes(1)));
    unused = master.await(WorkerFrame::getGoodbye);
    // when
    master.offer("square", 9);
    master.endAfterGoodbye();
    // then
    assertThat(drained.join()).isTrue();
    assertThat(master.frames).noneMatch(frame -> frame.getSettlementsCount() > 0);
  }

  @Test
  void shouldTakeItsDrainTimeoutWhenTheMasterAsksItToDrain() throws InterruptedException {
    Worker worker = start(master.worker().drainTimeout(Duration.ofMillis(1)));
    var unused = master.welcome(false, 0);
    master.offer("wait", 9);
    unused = master.await(f -> f.getStartedIdsCount() > 0);
    master.send(MasterFrame.newBuilder().setDrain(true));
    assertThat(master.settle().getReturnedIdsList()).containsExactly(9L);
    worker.awaitTermination();
    assertThatThrownBy(() -> master.worker().drainTimeout(Duration.ofMillis(-1)))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void shouldRefuseToStartWithoutQueue() {
    Worker.Builder builder =
        new Worker.Builder(
            () -> {
              throw new IllegalStateException("not reached");
            });
    assertThatThrownBy(builder::start)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("1 to 1000 queues");
    assertThatThrownBy(() -> builder.slots(0)).isInstanceOf(InvalidInputException.class);
  }
}
