package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.client.retry.Backoff;
import dev.muster.common.AuthenticationException;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class QueueConsumerTest {
  private final FakeMaster master = new FakeMaster();
  private final QueueConsumer<Integer> consumer =
      new QueueConsumer<>("results", Codecs.json(Integer.class), 3, master.link());
  private boolean refused;

  @AfterEach
  void close() {
    if (!refused) {
      master.settleAll();
    }
    consumer.close();
    master.close();
  }

  @Test
  void shouldHoldEachUntilItsWord() throws InterruptedException {
    // given
    assertThat(master.welcome(false, 0).getHello().getCredit()).isEqualTo(3);
    master.offer("", 1, 2, 3);
    Delivery<Integer> one = consumer.take();
    Delivery<Integer> two = consumer.take();
    assertThat(one.value()).isEqualTo(1);
    // when
    master.breakStream();
    // then
    WorkerFrame again = master.welcome(true, 0);
    assertThat(again.getHello().getHeldIdsList()).containsExactly(1L, 2L, 3L);
    assertThat(again.getHello().getCredit()).isZero();
    one.ack();
    one.giveBack(); // too late: the first word counts
    Settlement acked = settlement();
    assertThat(acked.getCompletedIdsList()).containsExactly(1L);
    assertThat(acked.getReturnedIdsList()).isEmpty();
    master.settleAll();
    two.fail(new IllegalStateException("no"));
    assertThat(consumer.flush(Duration.ofSeconds(30))).isTrue();
    assertThat(settlement().getFailed(0).getId()).isEqualTo(2);
  }

  @Test
  void shouldGiveBackWhatHasNoWordWhenClosed() throws InterruptedException {
    master.welcome(false, 0);
    master.settleAll();
    master.offer("", 1, 2);
    assertThat(consumer.take().value()).isEqualTo(1);
    consumer.close();
    List<Long> returned = new ArrayList<>();
    master.frames.forEach(
        frame ->
            frame
                .getSettlementsList()
                .forEach(s -> returned.addAll(s.getSettlement().getReturnedIdsList())));
    assertThat(returned).containsExactlyInAnyOrder(1L, 2L);
  }

  @Test
  void shouldDrainWhatIsThere() throws InterruptedException {
    master.welcome(false, 0);
    master.offer("", 1, 2, 3);
    List<Delivery<Integer>> some = new ArrayList<>();
    some.add(consumer.take());
    assertThat(consumer.drainTo(some, 1)).isEqualTo(1);
    assertThat(consumer.drainTo(some, 9)).isEqualTo(1);
    assertThat(some).extracting(Delivery::value).containsExactly(1, 2, 3);
    assertThat(consumer.poll(Duration.ofMillis(1))).isNull();
  }

  @Test
  void shouldSettleWhatSomebodyCancelsAndNotHandItOut() throws InterruptedException {
    master.welcome(false, 0);
    master.settleAll();
    master.offer("", 1, 2, 3);
    Delivery<Integer> one = consumer.take();
    master.stop(1, 0, 0);
    assertThat(settlement().getCancelledIdsList()).containsExactly(1L);
    master.stop(2, 0, 0);
    assertThat(settlement().getCancelledIdsList()).containsExactly(2L);
    one.ack(); // too late
    Delivery<Integer> three = consumer.take();
    assertThat(three.value()).isEqualTo(3);
    three.ack();
    assertThat(consumer.flush(Duration.ofSeconds(30))).isTrue();
    assertThat(settlement().getCompletedIdsList()).containsExactly(3L);
  }

  @Test
  void shouldCountEntriesByTheirCost() throws InterruptedException {
    assertThat(master.welcome(false, 0).getHello().getSlots()).isEqualTo(3);
    master.settleAll();
    master.offer("", offer -> offer.getOptionsBuilder().setCost(2), 1);
    consumer.take().ack();
    assertThat(consumer.flush(Duration.ofSeconds(30))).isTrue();
    int credit = 0;
    while (credit < 2) {
      credit += master.frames.take().getCredit();
    }
    assertThat(credit).isEqualTo(2);
  }

  @Test
  void shouldTellEachCallWhyTheSessionEndedForGood() throws InterruptedException {
    WorkerLink refusing =
        new WorkerLink(
            () -> {
              throw new AuthenticationException("wrong key");
            },
            Backoff.none(),
            () -> {});
    try (QueueConsumer<Integer> unwelcome =
        new QueueConsumer<>("results", Codecs.json(Integer.class), 3, refusing)) {
      assertThatThrownBy(unwelcome::take)
          .isInstanceOf(AuthenticationException.class)
          .hasMessage("wrong key");
      assertThatThrownBy(() -> unwelcome.poll(Duration.ofDays(1)))
          .isInstanceOf(AuthenticationException.class);
      assertThatThrownBy(() -> unwelcome.drainTo(new ArrayList<>(), 1))
          .isInstanceOf(AuthenticationException.class);
    }
  }

  @Test
  void shouldWakeWhoeverWaitsWhenTheMasterRefusesTheConsumerLater() throws InterruptedException {
    // given: an entry that has its word, which nobody can make durable any more
    master.welcome(false, 0);
    master.offer("", 1);
    consumer.take().ack();
    assertThat(settlement().getCompletedIdsList()).containsExactly(1L);
    CompletableFuture<Throwable> thrown = new CompletableFuture<>();
    Thread waiting =
        new Thread(
            () -> {
              try {
                var unused = consumer.take();
              } catch (InterruptedException | RuntimeException e) {
                thrown.complete(e);
              }
            });
    waiting.start();
    // when
    refused = true;
    master.breakStream(Status.PERMISSION_DENIED.withDescription("not any more"));
    // then
    assertThat(thrown.join()).isInstanceOf(MusterException.class).hasMessageContaining("any more");
    assertThatThrownBy(() -> consumer.flush(Duration.ofDays(1)))
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("not any more");
    waiting.join();
  }

  private Settlement settlement() throws InterruptedException {
    return master.await(f -> f.getSettlementsCount() > 0).getSettlements(0).getSettlement();
  }
}
