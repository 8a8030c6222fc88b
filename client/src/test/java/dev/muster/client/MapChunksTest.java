package dev.muster.client;

import static dev.muster.client.PoolRig.SQUARE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.proto.v1.Chunk;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TaskOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What workers and the master are told about the items of a map. */
@Timeout(60)
final class MapChunksTest {
  private static final MapOptions DEFAULTS = MapOptions.defaults();
  private final PoolRig rig = new PoolRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void shouldTellWorkersHowItemsAreRunAndTriedAgain() throws InterruptedException {
    Chunk chunk =
        sent(
            DEFAULTS
                .chunkSize(2)
                .itemLimit(Duration.ofSeconds(1))
                .maxAttempts(3)
                .backoff(Duration.ofMillis(5), Duration.ofMinutes(2)));

    assertThat(chunk.getItemsCount()).isEqualTo(2);
    assertThat(chunk.getItemLimitMs()).isEqualTo(1_000);
    assertThat(chunk.getMaxAttempts()).isEqualTo(3);
    assertThat(chunk.getBackoffMinMs()).isEqualTo(5);
    assertThat(chunk.getBackoffMaxMs()).isEqualTo(120_000);
    assertThat(chunk.getYieldAfterMs()).as("of a fixed size").isZero();
    assertThat(options().getRunLimitMs())
        .as("both items, and time for a handler that is deaf to its interrupt")
        .isEqualTo(2_000 + 15_000);
  }

  @Test
  void shouldLimitAnAutomaticChunkByOneItemBeyondItsYield() throws InterruptedException {
    Chunk chunk = sent(DEFAULTS.itemLimit(Duration.ofSeconds(30)).priority(7));

    assertThat(chunk.getYieldAfterMs()).isEqualTo(1_000);
    TaskOptions options = options();
    assertThat(options.getRunLimitMs()).isEqualTo(1_000 + 30_000 + 15_000);
    assertThat(options.getPriority()).isEqualTo(7);
  }

  @Test
  void shouldLimitNothingByDefault() throws InterruptedException {
    Chunk chunk = sent(DEFAULTS);

    assertThat(chunk.getItemLimitMs()).isZero();
    assertThat(chunk.getMaxAttempts()).isEqualTo(1);
    assertThat(options().getRunLimitMs()).isZero();
  }

  @Test
  void shouldSayThatTheLastWorkerHasGone() throws InterruptedException {
    rig.master.workers.add("square");
    BlockingQueue<String> notices = new LinkedBlockingQueue<>();
    try (MapResults<Integer> results =
        rig.pool.imap(SQUARE, List.of(3).iterator(), DEFAULTS.onNotice(notices::add))) {
      Leased task = rig.take(1).get(0);

      rig.master.workers.leave();

      assertThat(notices.take()).startsWith("no worker is connected that serves the queue");
      rig.finish(task, PoolRig.squares(task).build());
      assertThat(results.next()).isEqualTo(9);
    }
  }

  private Chunk sent(MapOptions options) throws InterruptedException {
    rig.master.workers.add("square");
    try (MapResults<Integer> results = rig.pool.imap(SQUARE, List.of(3, 4).iterator(), options)) {
      Leased task = rig.take(1).get(0);
      assertThat(results.deliveredBefore()).isZero();
      return PoolRig.chunk(task);
    }
  }

  /** Of the chunk's task, on the master. */
  private TaskOptions options() throws InterruptedException {
    EnqueueRequest request = rig.master.requests.take();
    assertThat(request.getQueue()).isEqualTo("q");
    return request.getOptions();
  }
}
