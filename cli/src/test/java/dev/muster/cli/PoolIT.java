package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.RemoteCall;
import dev.muster.client.pool.RemoteFailure;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.worker.Worker;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Maps on a real master and real workers. */
@Timeout(180)
final class PoolIT {
  private static final RemoteFunction<Integer, Integer> SQUARE =
      RemoteFunction.of("square", Integer.class, Integer.class);
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();
  @TempDir private static Path folder;

  @Test
  void shouldMapInOrderWithRetriesAndGoOnAfterAFailedItem() {
    AtomicIntegerArray runs = new AtomicIntegerArray(1_000);
    try (Worker first = flaky(runs);
        Worker second = flaky(runs);
        Pool pool = rig.muster().pool("flaky")) {
      MapOptions options =
          MapOptions.defaults()
              .maxAttempts(2)
              .backoff(Duration.ofMillis(10), Duration.ofMillis(10));
      List<ItemResult<Integer>> all = new ArrayList<>();
      try (MapResults<Integer> results =
          pool.imap(SQUARE, IntStream.range(0, 1_000).iterator(), options)) {
        while (results.hasNext()) {
          all.add(results.nextResult());
        }
        assertThat(results.progress().failed()).isEqualTo(1);
        assertThat(results.progress().retried()).isEqualTo(2);
      }

      assertThat(all).extracting(ItemResult::index).isEqualTo(longs(1_000));
      for (ItemResult<Integer> item : all) {
        int index = (int) item.index();
        assertThat(item.isSuccess()).isEqualTo(index != 7);
        assertThat(item.attempts()).isEqualTo(index == 5 || index == 7 ? 2 : 1);
        assertThat(item.value()).isEqualTo(index == 7 ? null : (Integer) (index * index));
      }
      RemoteFailure failure = Objects.requireNonNull(all.get(7).failure());
      assertThat(failure.kind()).isEqualTo("java.lang.IllegalStateException");
      assertThat(printed(failure)).contains("item 7 failed", "on the worker", "PoolIT");
      assertThat(first.refused() + second.refused()).isZero();
    }
  }

  private static Worker flaky(AtomicIntegerArray runs) {
    return rig.worker("flaky")
        .handle(
            "square",
            Integer.class,
            n -> {
              int run = runs.incrementAndGet(n);
              if (n == 7 || (n == 5 && run == 1)) {
                throw new IllegalStateException("not " + n);
              }
              return n * n;
            })
        .start();
  }

  @Test
  void shouldGoOnByNameInAnotherProcessWhenTheCallerWasKilledAndRunEachItemOnce() {
    int items = 600;
    Path file = folder.resolve("squares");
    Path classes = MapProgram.compile(folder);
    AtomicIntegerArray runs = new AtomicIntegerArray(items);
    try (Worker worker =
        rig.worker("numbers")
            .handle(
                "square",
                Integer.class,
                n -> {
                  runs.incrementAndGet(n);
                  Thread.sleep(2);
                  return n * n;
                })
            .slots(2)
            .start()) {
      try (JarProcess victim = MapProgram.start(rig.master(), classes, file, items, "killed")) {
        FeatureRig.until("a hundred results are written", () -> lines(file).size() > 100);
        victim.kill();
      }
      int before = lines(file).size();
      assertThat(before).isLessThan(items);
      try (JarProcess heir = MapProgram.start(rig.master(), classes, file, items, "killed")) {
        assertThat(heir.awaitEnd().exitCode()).isZero();
      }

      List<String> expected = IntStream.range(0, items).mapToObj(n -> n + " " + n * n).toList();
      assertThat(lines(file)).isEqualTo(expected);
      for (int n = 0; n < items; n++) {
        assertThat(runs.get(n)).as("runs of item " + n).isEqualTo(1);
      }
      QueueInfo left = rig.muster().queue("map/killed").orElseThrow();
      assertThat(left.getReady() + left.getRunning()).isZero();
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldNameTheHandlersThatWorkersHaveWhenOneIsMissing() {
    try (Worker worker = rig.worker("poor").handle("cube", Integer.class, n -> n).start();
        Pool pool = rig.muster().pool("poor")) {
      FeatureRig.until(
          "the worker is there", () -> rig.muster().admin().workers("poor").count() == 1);

      assertThatThrownBy(() -> pool.map(SQUARE, List.of(1, 2)))
          .isInstanceOf(MusterException.class)
          .hasMessage("no worker of queue poor has handler \"square\"; they have: cube");
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldCallOffWhatWaitsAndRunsWhenTerminated() throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    try (Worker worker =
            rig.worker("endless")
                .handle(
                    "square",
                    Integer.class,
                    (n, context) -> {
                      context.onCancel(stopped::countDown);
                      begun.countDown();
                      stopped.await();
                      return n;
                    })
                .start();
        Pool pool = rig.muster().pool("endless")) {
      var result = pool.mapAsync(SQUARE, List.of(1, 2, 3));
      begun.await();

      pool.terminate();

      stopped.await();
      assertThatThrownBy(result::get).hasMessageContaining("called off");
      assertThat(pool.join(FeatureRig.PATIENCE)).isTrue();
      assertThat(worker.refused()).isZero();
    }
  }

  @Test
  void shouldCallFunctionsOneByOneAndAsAnExecutor() throws Exception {
    try (Worker worker =
            rig.worker("calls")
                .handle("square", Integer.class, n -> n * n)
                .handle("power", int[].class, n -> (int) Math.pow(n[0], n[1]))
                .slots(2)
                .start();
        Pool pool = rig.muster().pool("calls")) {
      assertThat(pool.apply(SQUARE, 7)).isEqualTo(49);
      assertThat(
              pool.starmap(
                  RemoteFunction.ofArguments("power", Integer.class),
                  List.of(List.of(2, 10), List.of(3, 2))))
          .containsExactly(1024, 9);
      ExecutorService executor = pool.executor();
      List<Integer> values = new ArrayList<>();
      for (Future<Integer> future :
          executor.invokeAll(List.of(new RemoteCall<>(SQUARE, 2), new RemoteCall<>(SQUARE, 3)))) {
        values.add(future.get());
      }
      assertThat(values).containsExactly(4, 9);
      assertThat(executor.invokeAny(List.of(new RemoteCall<>(SQUARE, 4)))).isEqualTo(16);
      assertThat(worker.refused()).isZero();
    }
  }

  private static List<Long> longs(int count) {
    return IntStream.range(0, count).mapToObj(n -> (long) n).toList();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String printed(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
