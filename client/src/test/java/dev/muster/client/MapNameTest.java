package dev.muster.client;

import static dev.muster.client.PoolRig.SQUARE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.MapNameTakenException;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.proto.v1.Settlement;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose items a name stands for. */
@Timeout(60)
final class MapNameTest {
  private static final MapOptions NAMED = MapOptions.defaults().chunkSize(2).named("m");
  private final PoolRig rig = new PoolRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void shouldRefuseATakenNameBeforeAnItemGoesThere() throws InterruptedException {
    // given: a map of which something runs, and nothing was delivered
    rig.master.workers.add("square");
    Leased chunk;
    try (MapResults<Integer> results = map(List.of(1, 2).iterator(), NAMED)) {
      chunk = rig.take(1).get(0);
      assertThat(results.continues()).isFalse();
    }
    // when
    try (MapResults<Integer> other = map(List.of(7, 8, 9).iterator(), NAMED.mustBeNew())) {
      assertThatThrownBy(other::hasNext)
          .isInstanceOfSatisfying(
              MapNameTakenException.class, taken -> assertThat(taken.delivered()).isZero())
          .hasMessageStartingWith("map m has begun before, and 0 of its items are delivered");
    }
    // then: the first one is as it was
    try (MapResults<Integer> results = map(List.of(1, 2).iterator(), NAMED)) {
      assertThat(results.continues()).isTrue();
      rig.finishNamed(chunk, "m");
      assertThat(results.next()).isEqualTo(1);
      assertThat(results.next()).isEqualTo(4);
      assertThat(results.hasNext()).isFalse();
    }
    assertThat(rig.master.waiting("q")).isZero();
  }

  @Test
  void shouldRefuseTheNameOfAMapThatEndedWithoutAnItem() {
    rig.master.workers.add("square");
    try (MapResults<Integer> results = map(List.<Integer>of().iterator(), NAMED)) {
      assertThat(results.hasNext()).isFalse();
    }
    rig.master.forgetUniques(); // its lock has ended

    try (MapResults<Integer> other = map(List.of(7).iterator(), NAMED.mustBeNew())) {
      assertThatThrownBy(other::hasNext).isInstanceOf(MapNameTakenException.class);
    }
  }

  @Test
  void shouldBeginUnderANameOfWhichNothingWasPlanned() throws InterruptedException {
    // given: a caller that left before its first item came
    rig.master.workers.add("square");
    CountDownLatch never = new CountDownLatch(1);
    try (MapResults<Integer> results = map(new Waiting(never), NAMED)) {
      assertThat(results.deliveredBefore()).isZero();
    }
    // when
    try (MapResults<Integer> results = map(List.of(3).iterator(), NAMED.mustBeNew())) {
      assertThat(results.continues()).isFalse();
      rig.finishNamed(rig.take(1).get(0), "m");
      // then
      assertThat(results.next()).isEqualTo(9);
    }
  }

  @Test
  void shouldSayOfAMapThatCannotBeginOnlyWhy() {
    rig.master.workers.add("cube");

    try (MapResults<Integer> results = map(List.of(3).iterator(), NAMED)) {
      assertThatThrownBy(results::deliveredBefore).hasMessageContaining("they have: cube");
      assertThatThrownBy(results::continues).hasMessageContaining("they have: cube");
    }
  }

  @Test
  void shouldForgetNothingAndMakeNothingWhereThereIsNoMap() {
    assertThat(rig.pool.forget("typo")).isFalse();
    assertThat(rig.master.requests).isEmpty();
  }

  @Test
  void shouldSayThatForgettingWaitsForAnotherCaller() throws InterruptedException {
    rig.master.workers.add("square");
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    CompletableFuture<Boolean> forgotten;
    try (MapResults<Integer> results = map(List.of(1).iterator(), NAMED)) {
      var unused = rig.take(1);
      assertThat(results.deliveredBefore()).isZero();
      forgotten = CompletableFuture.supplyAsync(() -> rig.pool.forget("m", notices::add));
      assertThat(notices.take()).startsWith("map m is held by another caller");
    }
    assertThat(forgotten.join()).isTrue();
    rig.master.forgetUniques();
    assertThat(rig.pool.forget("m")).isFalse();
  }

  @Test
  void shouldSayOnceThatAnotherCallerHasTheMap() throws InterruptedException {
    // given: a caller that holds the lock and the record
    rig.master.workers.add("square");
    Leased chunk;
    try (MapResults<Integer> results = map(List.of(3).iterator(), NAMED)) {
      chunk = rig.take(1).get(0);
      assertThat(results.deliveredBefore()).isZero();
    }
    Leased lock = held("map/m.lock");
    Leased record = held("map/m.state");
    rig.master.waitingTakes.clear();
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    MapOptions told = NAMED.onNotice(notices::add);
    try (MapResults<Integer> results = map(List.of(3).iterator(), told)) {
      assertThat(notices.take()).startsWith("map m is held by another caller");
      // when: first the one comes free, then the other
      giveBack(lock);
      for (int waits = 0; waits < 2; ) {
        waits += rig.master.waitingTakes.take().getQueue().equals("map/m.state") ? 1 : 0;
      }
      giveBack(record);
      rig.finishNamed(chunk, "m");
      // then
      assertThat(results.next()).isEqualTo(9);
      assertThat(notices).isEmpty();
    }
  }

  @Test
  void shouldTakeNoResultsOnceItIsClosed() throws InterruptedException {
    rig.master.workers.add("square");
    try (MapResults<Integer> results = map(List.of(3).iterator(), NAMED.named("left"))) {
      var unused = rig.take(1);
      assertThat(results.deliveredBefore()).isZero();
      while (!rig.master.waitingTakes.take().getQueue().equals("map/left")) {
        // until it waits for results
      }
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("muster-results of map/left");
  }

  @Test
  void shouldSayThatAMapWasBegunWithoutOrder() throws InterruptedException {
    // given: of two chunks the second is delivered
    rig.master.workers.add("square");
    List<Integer> items = List.of(1, 2, 3, 4);
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    MapOptions told = NAMED.acknowledgedByHand().onNotice(notices::add);
    Leased first;
    try (MapResults<Integer> results = rig.pool.imapUnordered(SQUARE, items.iterator(), told)) {
      List<Leased> chunks = rig.take(2);
      first = chunks.get(0);
      rig.finishNamed(chunks.get(1), "m");
      assertThat(results.next()).isEqualTo(9);
      results.acknowledge();
    }
    assertThat(notices).isEmpty();
    // when
    try (MapResults<Integer> results = map(items.iterator(), told)) {
      rig.finishNamed(first, "m");
      assertThat(results.next()).isEqualTo(1);
    }
    // then
    assertThat(notices.take()).contains("was begun without order", "not its first 1 items");
    assertThat(notices).isEmpty();
  }

  private Leased held(String queue) throws InterruptedException {
    return rig.muster.leases().take(queue, 1, PoolRig.LONG, PoolRig.LONG).get(0);
  }

  private void giveBack(Leased lease) {
    var unused =
        rig.muster
            .leases()
            .settle(
                Settlement.newBuilder()
                    .addReturnedIds(lease.id())
                    .addReturnedTokens(lease.token())
                    .build());
  }

  private MapResults<Integer> map(Iterator<Integer> items, MapOptions options) {
    return rig.pool.imap(SQUARE, items, options);
  }

  /** An input of which nothing comes. */
  private record Waiting(CountDownLatch until) implements Iterator<Integer> {
    @Override
    public boolean hasNext() {
      try {
        until.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return false;
    }

    @Override
    public Integer next() {
      throw new NoSuchElementException();
    }
  }
}
