package dev.muster.container;

import dev.muster.client.Muster;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/**
 * A master and two workers in containers of their own, broken while they work: every acknowledged
 * task has its result, once.
 */
@RequiresDocker
final class ClusterContainerIT {
  /** A lost session is noticed after 15 s; the rest is for a slow machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Enough that both workers have long had their share. */
  private static final int SOME_RESULTS = 500;

  private static final int MASTER_CRASHES = 3;

  private MusterCluster cluster;
  private Node first;
  private Node second;
  private Muster muster;
  private SquareLoad load;

  @BeforeEach
  void startClusterUnderLoad(TestInfo test) throws Exception {
    cluster = MusterCluster.start(test);
    first = cluster.startWorker("worker-1");
    second = cluster.startWorker("worker-2");
    muster = cluster.connect();
    load = SquareLoad.start(muster);
    load.awaitMoreResults(SOME_RESULTS, PATIENCE);
  }

  @AfterEach
  void stop() throws Exception {
    try (MusterCluster c = cluster;
        Muster m = muster;
        SquareLoad l = load) {
      // Closed in reverse order, each even if another fails.
    }
  }

  @Test
  void shouldDeliverEveryResultOnceWhenWorkerIsKilled() throws Exception {
    // when
    first.kill();

    // then
    load.awaitMoreResults(SOME_RESULTS, PATIENCE);
    load.finish(PATIENCE);
  }

  @Test
  void shouldDeliverEveryResultOnceWhenWorkerIsCutOff() throws Exception {
    // when
    first.cut();

    // then the other worker gets what the lost one had in hand
    load.finish(PATIENCE);
  }

  @Test
  void shouldWorkAgainWhenNetworkIsHealed() throws Exception {
    // given
    first.cut();
    load.awaitMoreResults(SOME_RESULTS, PATIENCE);

    // when the healed worker is the only one left
    first.heal();
    second.kill();

    // then
    load.awaitMoreResults(SOME_RESULTS, PATIENCE);
    load.finish(PATIENCE);
  }

  @Test
  void shouldDeliverEveryResultOnceWhenAllWorkersAreCutOffAndHealed() throws Exception {
    // given
    first.cut();
    second.cut();

    // when
    first.heal();
    second.heal();

    // then
    load.awaitMoreResults(SOME_RESULTS, PATIENCE);
    load.finish(PATIENCE);
  }

  @Test
  void shouldDeliverEveryResultOnceWhenMasterIsKilledAndReplaced() throws Exception {
    for (int crash = 0; crash < MASTER_CRASHES; crash++) {
      // when
      cluster.crashMaster();

      // then
      load.awaitMoreResults(SOME_RESULTS, PATIENCE);
    }
    load.finish(PATIENCE);
  }
}
