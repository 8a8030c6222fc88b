package dev.muster.master.queue;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random histories of the state machine, each from one seed, against {@link ReferenceModel}: every
 * answer, every counter, every order, with flushes and crashes at any point.
 *
 * <p>More of them: {@code -Dmuster.simulation.seeds=100000}; one again: {@code
 * -Dmuster.simulation.first=SEED -Dmuster.simulation.seeds=1}.
 */
final class QueueMachineSimulationTest {
  private static final long FIRST = Long.getLong("muster.simulation.first", 1);
  private static final int SEEDS = Integer.getInteger("muster.simulation.seeds", 3_000);
  private static final int STEPS_MAX = 150;

  @Test
  void shouldAnswerAsTheModelDoesWhateverHappens() {
    for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
      List<Long> steps = steps(seed);
      Throwable failure = run(steps, null);
      if (failure != null) {
        List<Long> fewer = shrink(steps);
        List<String> told = new ArrayList<>();
        Throwable last = run(fewer, told);
        fail(
            "seed "
                + seed
                + " fails: "
                + (last == null ? failure : last)
                + "\n"
                + fewer.size()
                + " steps:\n  "
                + String.join("\n  ", told),
            last == null ? failure : last);
      }
    }
  }

  /** Each step is one number, and means something in whatever state it comes: so they shrink. */
  private static List<Long> steps(long seed) {
    Random random = new Random(seed);
    int count = 10 + random.nextInt(STEPS_MAX);
    List<Long> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      steps.add(random.nextLong());
    }
    return steps;
  }

  private static @Nullable Throwable run(List<Long> steps, @Nullable List<String> told) {
    SimulatedHistory history = new SimulatedHistory(told);
    try {
      steps.forEach(history::step);
      history.finish();
      return null;
    } catch (RuntimeException | AssertionError e) {
      return e;
    }
  }

  /** Leaves out whatever is not needed to fail: halves, quarters, … single steps. */
  private static List<Long> shrink(List<Long> failing) {
    List<Long> steps = failing;
    for (int chunk = steps.size() / 2; chunk > 0; chunk /= 2) {
      for (int from = 0; from + chunk <= steps.size(); ) {
        List<Long> fewer = new ArrayList<>(steps);
        fewer.subList(from, from + chunk).clear();
        if (run(fewer, null) != null) {
          steps = fewer;
        } else {
          from += chunk;
        }
      }
    }
    return steps;
  }
}
