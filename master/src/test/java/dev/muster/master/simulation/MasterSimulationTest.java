package dev.muster.master.simulation;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random histories of the whole master, each from one seed: with lost, late and doubled messages,
 * crashes between any two steps, paused workers and a clock that jumps; against what its clients
 * were promised.
 *
 * <p>More of them: {@code -Dmuster.simulation.seeds=100000}; one again: {@code
 * -Dmuster.simulation.first=SEED -Dmuster.simulation.seeds=1}. A seed that fails is shrunk to the
 * steps that it takes, and what happens in them is printed.
 */
final class MasterSimulationTest {
  private static final long FIRST = Long.getLong("muster.simulation.first", 1);
  private static final int SEEDS = Integer.getInteger("muster.simulation.seeds", 10_000);
  private static final int STEPS_MIN = 200;
  private static final int STEPS_MORE = 50;
  private static final int TOLD_MAX = 400;

  @Test
  void shouldKeepEveryPromiseWhateverHappens() throws InterruptedException {
    long startedNs = System.nanoTime();
    AtomicLong next = new AtomicLong(FIRST);
    AtomicLong steps = new AtomicLong();
    AtomicReference<@Nullable Long> failed = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < Math.min(SEEDS, Runtime.getRuntime().availableProcessors()); i++) {
      Thread thread =
          new Thread(
              () -> {
                long seed = next.getAndIncrement();
                while (seed < FIRST + SEEDS && failed.get() == null) {
                  List<Long> all = steps(seed);
                  if (run(seed, all, null) != null) {
                    failed.compareAndSet(null, seed);
                  }
                  steps.addAndGet(all.size());
                  seed = next.getAndIncrement();
                }
              },
              "simulation-" + i);
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    Long seed = failed.get();
    if (seed != null) {
      explain(seed);
    }
    double seconds = (System.nanoTime() - startedNs) / 1e9;
    System.out.printf(
        "simulated %d seeds from %d, %d steps, in %.1f s: %.0f seeds/s%n",
        SEEDS, FIRST, steps.get(), seconds, SEEDS / seconds);
  }

  private static void explain(long seed) {
    List<Long> fewer = shrink(seed, steps(seed));
    List<String> told = new ArrayList<>();
    Throwable failure = run(seed, fewer, told);
    int from = Math.max(0, told.size() - TOLD_MAX);
    fail(
        "seed "
            + seed
            + " fails: "
            + failure
            + "\n"
            + fewer.size()
            + " steps:\n  "
            + String.join("\n  ", told.subList(from, told.size())),
        failure);
  }

  /** Each step is one number, and means something in whatever state it comes: so they shrink. */
  private static List<Long> steps(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int count = STEPS_MIN + random.nextInt(STEPS_MORE);
    List<Long> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      steps.add(random.nextLong());
    }
    return steps;
  }

  private static @Nullable Throwable run(long seed, List<Long> steps, @Nullable List<String> told) {
    try {
      Simulation simulation = new Simulation(seed, told);
      steps.forEach(simulation::step);
      simulation.finish();
      return null;
    } catch (RuntimeException | AssertionError e) {
      return e;
    }
  }

  /** Leaves out whatever is not needed to fail: halves, quarters, … single steps. */
  private static List<Long> shrink(long seed, List<Long> failing) {
    List<Long> steps = failing;
    for (int chunk = steps.size() / 2; chunk > 0; chunk /= 2) {
      for (int from = 0; from + chunk <= steps.size(); ) {
        List<Long> fewer = new ArrayList<>(steps);
        fewer.subList(from, from + chunk).clear();
        if (run(seed, fewer, null) != null) {
          steps = fewer;
        } else {
          from += chunk;
        }
      }
    }
    return steps;
  }
}
