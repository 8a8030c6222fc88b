package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slots and what tasks cost of them. */
@Timeout(60)
final class WorkerSlotsTest {
  private final FakeMaster master = new FakeMaster();
  private final Semaphore permits = new Semaphore(0);
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    permits.release(1_000);
    master.close();
  }

  private static Consumer<Offer.Builder> costs(int slots) {
    return offer -> offer.getOptionsBuilder().setCost(slots);
  }

  private Worker.Builder waiting(int slots) {
    return master
        .worker()
        .slots(slots)
        .handle(
            "wait",
            Integer.class,
            n -> {
              events.add("start " + n);
              permits.acquire();
              events.add("end " + n);
              return n;
            });
  }

  @Test
  void shouldSaySlotsAndLabelsInItsHello() throws InterruptedException {
    master.start(waiting(4).prefetch(2).label("gpu", "a100").label("zone", "b"));
    Hello hello = master.welcome(false, 0).getHello();
    assertThat(hello.getSlots()).isEqualTo(4);
    assertThat(hello.getCredit()).isEqualTo(6);
    assertThat(hello.getLabelsMap()).isEqualTo(Map.of("gpu", "a100", "zone", "b"));
  }

  @Test
  void shouldRefuseLabelsThatAreTooMany() {
    Worker.Builder builder = waiting(1);
    for (int i = 0; i < 16; i++) {
      builder.label("label" + i, "x");
    }
    assertThatThrownBy(() -> builder.label("one more", "x"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("at most 16 labels");
    assertThatThrownBy(() -> waiting(1).label("long", "x".repeat(256)))
        .hasMessageContaining("255 bytes, found 256");
    assertThatThrownBy(() -> waiting(1).label("", "x")).hasMessageContaining("name");
  }

  @Test
  void shouldGiveBackAsManySlotsAsTheTaskCost() throws InterruptedException {
    master.start(waiting(4));
    master.welcome(false, 0);
    permits.release(1);
    master.offer("wait", costs(3), 9);
    assertThat(master.await(f -> f.getSettlementsCount() > 0).getCredit()).isEqualTo(3);
  }

  @Test
  void shouldCountWhatIsHeldByItsCostAfterAReconnect() throws InterruptedException {
    master.start(waiting(4).prefetch(6));
    master.welcome(false, 0);
    master.offer("wait", costs(3), 1, 2);
    assertThat(events.take()).isEqualTo("start 1");
    master.breakStream();
    Hello again = master.welcome(true, 0).getHello();
    assertThat(again.getHeldIdsList()).containsExactly(1L, 2L);
    assertThat(again.getCredit()).isEqualTo(4);
  }

  @Test
  void shouldHoldUpWhatIsBehindATaskThatDoesNotFitYet() throws InterruptedException {
    // given: 3 slots, of which the first takes 2
    master.start(waiting(3).prefetch(9));
    master.welcome(false, 0);
    master.offer("wait", costs(2), 1);
    master.offer("wait", costs(2), 2);
    master.offer("wait", costs(1), 3);
    assertThat(events.take()).isEqualTo("start 1");
    // when
    permits.release();
    // then
    assertThat(List.of(events.take(), events.take(), events.take()))
        .containsExactlyInAnyOrder("end 1", "start 2", "start 3")
        .startsWith("end 1");
  }

  @Test
  void shouldRunWhatCostsMoreThanAllSlotsAlone() throws InterruptedException {
    master.start(waiting(2));
    master.welcome(false, 0);
    permits.release();
    master.offer("wait", costs(5), 1);
    assertThat(master.await(f -> f.getSettlementsCount() > 0).getCredit()).isEqualTo(5);
  }

  @Test
  void shouldNeverFillMoreThanItsSlotsAndReturnAllCredit() throws InterruptedException {
    AtomicInteger filled = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch first = new CountDownLatch(1);
    master.start(
        master
            .worker()
            .slots(4)
            .prefetch(10_000)
            .handle(
                "run",
                Integer.class,
                (n, context) -> {
                  first.await(); // until all are here, so that they are mixed
                  int now = filled.addAndGet(context.cost());
                  most.accumulateAndGet(now, Math::max);
                  Thread.onSpinWait();
                  filled.addAndGet(-context.cost());
                  return n;
                }));
    master.welcome(false, 0);
    int spent = 0;
    for (int i = 0; i < 600; i++) {
      int cost = 1 + (i * 7 + i / 5) % 4;
      spent += cost * 2;
      master.offer("run", costs(cost), 2L * i, 2L * i + 1);
    }
    first.countDown();
    List<Long> done = new ArrayList<>();
    int credit = 0;
    while (done.size() < 1_200 || credit < spent) {
      WorkerFrame frame = master.frames.take();
      credit += frame.getCredit();
      for (NumberedSettlement numbered : frame.getSettlementsList()) {
        done.addAll(numbered.getSettlement().getCompletedIdsList());
        master.settledUpto(numbered.getNumber());
      }
    }
    assertThat(done).hasSize(1_200).doesNotHaveDuplicates();
    assertThat(credit).isEqualTo(spent);
    assertThat(most.get()).isBetween(1, 4);
  }

  @Test
  void shouldSayWhatItHoldsWithTheMostSlots() {
    SideThreads aside = new SideThreads("test");
    SlotPool pool =
        new SlotPool(
            new HandlerTable(Map.of(), List.of()),
            10_000,
            0,
            new TaskServices(new Reports(aside), master.link().channels(), aside, notice -> {}));
    pool.offered(List.of(Offer.newBuilder().addIds(9).setToken(7).build()));
    Hello.Builder hello = Hello.newBuilder();
    assertThat(pool.restart(new HeldAttempts(hello))).isEqualTo(9_999);
    assertThat(hello.getHeldIdsList()).containsExactly(9L);
  }

  @Test
  void shouldSayHowLongTheHandlerRan() throws InterruptedException {
    master.start(
        master
            .worker()
            .handle(
                "spin",
                Integer.class,
                n -> {
                  long end = System.nanoTime() + 3_000_000;
                  while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                  }
                  if (n == 2) {
                    throw new IllegalStateException("no");
                  }
                  return n;
                }));
    master.welcome(false, 0);
    master.offer("spin", 1);
    assertThat(master.settle().getCompletedRunUsList())
        .singleElement()
        .satisfies(us -> assertThat(us).isBetween(3_000, 30_000_000));
    master.offer("spin", 2);
    assertThat(master.settle().getFailed(0).getRunUs()).isBetween(3_000, 30_000_000);
  }
}
