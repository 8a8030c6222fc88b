package dev.muster.client;

import static dev.muster.client.PoolRig.LONG;
import static dev.muster.client.PoolRig.SQUARE;
import static dev.muster.client.PoolRig.boom;
import static dev.muster.client.PoolRig.chunkOf;
import static dev.muster.client.PoolRig.squares;
import static dev.muster.client.PoolRig.succeeded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.AsyncResult;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.RemoteCall;
import dev.muster.client.pool.RemoteFailure;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.client.pool.UnknownHandlerException;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.ItemFailure;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PoolTest {
  private static final MapOptions PAIRS = MapOptions.defaults().chunkSize(2);

  private final PoolRig rig = new PoolRig();
  private final FakeMaster master = rig.master;
  private final Muster muster = rig.muster;
  private final Pool pool = rig.pool;

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void shouldGiveResultsInOrderOfTheItemsHoweverTheChunksEnd() throws InterruptedException {
    // given
    master.workers.add("square");
    AsyncResult<List<Integer>> result = pool.mapAsync(SQUARE, List.of(1, 2, 3, 4, 5), PAIRS);
    List<Leased> chunks = rig.take(3);
    assertThat(result.ready()).isFalse();
    // when
    for (int i = 2; i >= 0; i--) {
      rig.finish(chunks.get(i), squares(chunks.get(i)).build());
    }
    // then
    assertThat(result.get(LONG)).containsExactly(1, 4, 9, 16, 25);
    assertThat(result.successful()).isTrue();
  }

  @Test
  void shouldGiveResultsAsTheyComeWhenUnordered() throws InterruptedException {
    master.workers.add("square");
    try (MapResults<Integer> results =
        pool.imapUnordered(SQUARE, List.of(1, 2, 3, 4).iterator(), PAIRS)) {
      List<Leased> chunks = rig.take(2);
      rig.finish(chunks.get(1), squares(chunks.get(1)).build());
      assertThat(results.next()).isEqualTo(9);
      assertThat(results.next()).isEqualTo(16);
      rig.finish(chunks.get(0), squares(chunks.get(0)).build());
      assertThat(results.nextResult().index()).isZero();
      assertThat(results.nextResult().value()).isEqualTo(4);
      assertThat(results.hasNext()).isFalse();
    }
  }

  @Test
  void shouldNotStopAtAFailedItemAndShowTheRemoteStack() throws InterruptedException {
    // given
    master.workers.add("square");
    try (MapResults<Integer> results = pool.imap(SQUARE, List.of(1, 2, 3, 4).iterator(), PAIRS)) {
      List<Leased> chunks = rig.take(2);
      // when
      rig.finish(
          chunks.get(0),
          squares(chunks.get(0))
              .addFailures(ItemFailure.newBuilder().setEntry(1).setFailure(boom()))
              .build());
      rig.finish(chunks.get(1), squares(chunks.get(1)).build());
      // then
      assertThat(results.next()).isEqualTo(1);
      assertThatThrownBy(results::next)
          .isInstanceOfSatisfying(
              RemoteFailure.class,
              failure -> {
                assertThat(failure).hasMessage("item 1 failed: Boom: no");
                assertThat(failure.index()).isEqualTo(1);
                assertThat(failure.kind()).isEqualTo("Boom");
                assertThat(printed(failure)).contains("Caused by: on the worker: Boom: no\n\tat");
              });
      assertThat(results.next()).isEqualTo(9);
      assertThat(results.next()).isEqualTo(16);
      assertThat(results.hasNext()).isFalse();
      assertThat(results.progress().failed()).isEqualTo(1);
    }
  }

  @Test
  void shouldThrowTheFirstFailureOfAMapWhenAllHaveEnded() throws InterruptedException {
    master.workers.add("square");
    CompletableFuture<MusterException> told = new CompletableFuture<>();
    AsyncResult<List<Integer>> result =
        pool.mapAsync(SQUARE, List.of(1, 2), PAIRS, values -> {}, told::complete);
    Leased chunk = rig.take(1).get(0);
    rig.finish(
        chunk, squares(chunk).addFailures(ItemFailure.newBuilder().setFailure(boom())).build());
    assertThatThrownBy(() -> result.get(LONG)).hasMessage("item 0 failed: Boom: no");
    assertThat(result.successful()).isFalse();
    assertThat(told.join()).isInstanceOf(RemoteFailure.class);
  }

  @Test
  void shouldWaitForWhatAWorkerLeftInAnotherChunk() throws InterruptedException {
    // given
    master.workers.add("square");
    try (MapResults<Integer> results = pool.imap(SQUARE, List.of(1, 2).iterator(), PAIRS)) {
      Leased chunk = rig.take(1).get(0);
      String key = "chunk-of/" + chunk.id() + "/0";
      muster.tasks("q", byte[].class).unique(key).enqueue(chunkOf(2).toByteArray());
      // when
      rig.finish(
          chunk,
          ChunkResult.newBuilder()
              .addValues(ByteString.copyFromUtf8("4"))
              .addPlaces(1)
              .addFollowUps(key)
              .setRetried(1)
              .build());
      Leased left = rig.take(1).get(0);
      rig.finish(
          left,
          ChunkResult.newBuilder()
              .setKey(key)
              .addValues(ByteString.copyFromUtf8("1"))
              .addPlaces(0)
              .addAttempts(2)
              .build());
      // then
      ItemResult<Integer> first = results.nextResult();
      assertThat(first.value()).isEqualTo(1);
      assertThat(first.attempts()).isEqualTo(2);
      assertThat(results.next()).isEqualTo(4);
      assertThat(results.hasNext()).isFalse();
      assertThat(results.progress().retried()).isEqualTo(1);
    }
  }

  @Test
  void shouldFailTheItemsOfAChunkThatIsSetAsideAndGoOn() throws InterruptedException {
    master.workers.add("square");
    try (MapResults<Integer> results = pool.imap(SQUARE, List.of(1, 2, 3).iterator(), PAIRS)) {
      List<Leased> chunks = rig.take(2);
      master.finish(
          TaskResult.newBuilder()
              .setId(chunks.get(0).id())
              .setState(TaskState.TASK_STATE_QUARANTINED)
              .setCause("3 workers died")
              .build());
      rig.finish(chunks.get(1), squares(chunks.get(1)).build());
      assertThat(results.nextResult().failure())
          .hasMessageContaining("item 0 failed: muster.Quarantined")
          .hasMessageContaining("3 workers died");
      assertThat(results.nextResult().isSuccess()).isFalse();
      assertThat(results.next()).isEqualTo(9);
      assertThat(results.hasNext()).isFalse();
    }
  }

  @Test
  void shouldNameTheHandlersOfTheWorkersWhenNoneHasIt() {
    master.workers.add("cube", "root");
    master.workers.add("cube");
    assertThatThrownBy(() -> pool.map(SQUARE, List.of(1)))
        .isInstanceOf(UnknownHandlerException.class)
        .hasMessage("no worker of queue q has handler \"square\"; they have: cube, root");
    assertThat(master.waiting("q")).isZero();
  }

  @Test
  void shouldWaitForAWorkerAndSaySo() throws InterruptedException {
    // given
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    AsyncResult<List<Integer>> result =
        pool.mapAsync(SQUARE, List.of(3), MapOptions.defaults().onNotice(notices::add));
    assertThat(notices.take()).startsWith("no worker is connected");
    assertThat(master.waiting("q")).isZero();
    // when
    master.workers.add("square");
    Leased chunk = rig.take(1).get(0);
    rig.finish(chunk, squares(chunk).build());
    // then
    assertThat(result.get(LONG)).containsExactly(9);
  }

  @Test
  void shouldGoOnByNameWhereTheLastCallerStopped() throws InterruptedException {
    // given
    master.workers.add("square");
    MapOptions named = PAIRS.named("m").acknowledgedByHand();
    List<Integer> items = IntStream.range(0, 10).boxed().toList();
    List<Leased> chunks;
    try (MapResults<Integer> results = pool.imap(SQUARE, items.iterator(), named)) {
      chunks = rig.take(5);
      rig.finishNamed(chunks.get(0), "m");
      rig.finishNamed(chunks.get(1), "m");
      for (int i = 0; i < 3; i++) {
        assertThat(results.next()).isEqualTo(i * i);
      }
      results.acknowledge();
      assertThat(results.next()).isEqualTo(9); // and not acknowledged
    }
    // when
    List<ItemResult<Integer>> rest = new ArrayList<>();
    try (MapResults<Integer> results = pool.imap(SQUARE, items.iterator(), named)) {
      assertThat(results.deliveredBefore()).isEqualTo(3);
      for (Leased chunk : chunks.subList(2, 5)) {
        rig.finishNamed(chunk, "m");
      }
      while (results.hasNext()) {
        rest.add(results.nextResult());
      }
      results.acknowledge();
    }
    // then: each of them once, and no chunk was added again
    assertThat(rest).extracting(ItemResult::index).containsExactly(3L, 4L, 5L, 6L, 7L, 8L, 9L);
    assertThat(rest).extracting(ItemResult::value).containsExactly(9, 16, 25, 36, 49, 64, 81);
    assertThat(master.waiting("q")).isZero();
    assertThat(master.waiting("map/m")).isZero();
  }

  @Test
  void shouldReadWhatWasPlannedWithoutTheItems() throws InterruptedException {
    // given
    master.workers.add("square");
    MapOptions named = PAIRS.named("m");
    List<Leased> chunks;
    try (MapResults<Integer> results = pool.imap(SQUARE, List.of(1, 2, 3).iterator(), named)) {
      chunks = rig.take(2);
      rig.finishNamed(chunks.get(0), "m");
      assertThat(results.hasNext()).isTrue();
    }
    // when
    try (MapResults<Integer> results = pool.resume(SQUARE, named)) {
      rig.finishNamed(chunks.get(1), "m");
      // then
      assertThat(results.next()).isEqualTo(1);
      assertThat(results.next()).isEqualTo(4);
      assertThat(results.next()).isEqualTo(9);
      assertThat(results.hasNext()).isFalse();
    }
  }

  @Test
  void shouldDropWhatAForgottenMapOfTheSameNameLeft() throws InterruptedException {
    // given
    master.workers.add("square");
    MapOptions named = PAIRS.named("m");
    Leased old;
    try (MapResults<Integer> results = pool.imap(SQUARE, List.of(1, 2).iterator(), named)) {
      old = rig.take(1).get(0);
      results.cancel();
    }
    master.forgetUniques();
    // when: its worker finishes all the same, and a map of the same name has begun
    rig.finishNamed(old, "m");
    try (MapResults<Integer> results = pool.imap(SQUARE, List.of(3, 4).iterator(), named)) {
      rig.finishNamed(rig.take(1).get(0), "m");
      // then
      assertThat(results.next()).isEqualTo(9);
      assertThat(results.next()).isEqualTo(16);
      assertThat(results.hasNext()).isFalse();
    }
  }

  @Test
  void shouldRefuseANamedMapOfAnotherHandler() throws InterruptedException {
    master.workers.add("square", "cube");
    MapOptions named = PAIRS.named("m");
    try (MapResults<Integer> results = pool.imap(SQUARE, List.of(1).iterator(), named)) {
      var unused = rig.take(1);
      assertThat(results.deliveredBefore()).isZero();
    }
    RemoteFunction<Integer, Integer> cube = RemoteFunction.of("cube", Integer.class, Integer.class);
    try (MapResults<Integer> results = pool.imap(cube, List.of(1).iterator(), named)) {
      assertThatThrownBy(results::hasNext)
          .hasMessageStartingWith("map m is one of handler \"square\", not of \"cube\"");
    }
  }

  @Test
  void shouldCallOffWhatIsUnderWayWhenTerminated() throws InterruptedException {
    master.workers.add("square");
    AsyncResult<List<Integer>> result = pool.mapAsync(SQUARE, List.of(1, 2, 3), PAIRS);
    List<Leased> chunks = rig.take(2);
    pool.terminate();
    assertThat(master.cancels.take().getIdsList())
        .containsExactlyInAnyOrder(chunks.get(0).id(), chunks.get(1).id());
    assertThatThrownBy(() -> result.get(LONG)).hasMessage("the map was called off");
    assertThat(pool.join(LONG)).isTrue();
    assertThatThrownBy(() -> pool.apply(SQUARE, 1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldRefuseToJoinAPoolThatTakesWork() {
    assertThatThrownBy(() -> pool.join(LONG)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldRunOnlyRemoteCallsAsAnExecutor() throws Exception {
    Callable<Integer> lambda = () -> 1;
    assertThatThrownBy(() -> pool.executor().submit(lambda))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("expected a RemoteCall, found dev.muster.client.PoolTest");
    var future = pool.executor().submit(new RemoteCall<>(SQUARE, 3));
    Leased task = rig.take(1).get(0);
    assertThat(task.payload().toStringUtf8()).isEqualTo("3");
    master.finish(succeeded(task, ByteString.copyFromUtf8("9"), "application/json"));
    assertThat(future.get()).isEqualTo(9);
  }

  @Test
  void shouldHandResultAndFailureOfACallToTheirCallbacks() throws InterruptedException {
    CompletableFuture<Integer> value = new CompletableFuture<>();
    CompletableFuture<MusterException> failure = new CompletableFuture<>();
    AsyncResult<Integer> good = pool.applyAsync(SQUARE, 3, value::complete, failure::complete);
    AsyncResult<Integer> bad = pool.applyAsync(SQUARE, 4, value::complete, failure::complete);
    List<Leased> tasks = rig.take(2);
    master.finish(succeeded(tasks.get(0), ByteString.copyFromUtf8("9"), "application/json"));
    master.finish(
        TaskResult.newBuilder()
            .setId(tasks.get(1).id())
            .setState(TaskState.TASK_STATE_FAILED)
            .setFailure(boom())
            .build());
    assertThat(value.join()).isEqualTo(9);
    assertThat(good.get()).isEqualTo(9);
    assertThat(failure.join()).hasMessage("\"square\" failed: Boom: no");
    assertThatThrownBy(bad::get).isInstanceOf(RemoteFailure.class);
  }

  private static String printed(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
