package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Time, chance and faults of one simulation. Everything that happens is an event of it. */
final class World {
  /** What can stop as a whole: the events of a dead one are lost, those of a paused one wait. */
  static final class Program {
    final String name;
    boolean dead;
    long pausedUntilMs;

    Program(String name) {
      this.name = name;
    }
  }

  private record Event(long atMs, long number, Program process, Runnable task) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::atMs).thenComparingLong(Event::number));
  private final @Nullable List<String> told;
  private SplittableRandom dice = new SplittableRandom(0);
  private long eventNumber;
  private long keyNumber;
  long nowMs;

  /** False: the network is quick and loses nothing, and nobody dies. */
  boolean faulty;

  /** What the leader's wall clock is off by, ms. */
  long clockOffByMs;

  /**
   * @param told gets what happens, for a person; null: nobody asks
   */
  World(@Nullable List<String> told) {
    this.told = told;
  }

  /** From now on, chance comes from this number: a step means the same whatever was left out. */
  void reseed(long number) {
    dice = new SplittableRandom(number);
  }

  long dice() {
    return dice.nextLong();
  }

  /** 0 to bound - 1. */
  int roll(int bound) {
    return dice.nextInt(bound);
  }

  long between(long low, long high) {
    return dice.nextLong(low, high + 1);
  }

  boolean percent(int chance) {
    return dice.nextInt(100) < chance;
  }

  /** So many in a thousand, and only while there are faults. */
  boolean fault(int perMille) {
    return faulty && dice.nextInt(1_000) < perMille;
  }

  /** How long a message takes, ms. */
  long latencyMs() {
    if (!faulty || dice.nextInt(50) > 0) {
      return dice.nextInt(4);
    }
    return dice.nextInt(dice.nextInt(4) == 0 ? 3_000 : 100);
  }

  /** A new client's or session's key. */
  ByteString key() {
    return ByteString.copyFrom(
        String.format("key%013d", ++keyNumber).getBytes(StandardCharsets.US_ASCII));
  }

  void after(long delayMs, Program process, Runnable task) {
    events.add(new Event(nowMs + delayMs, ++eventNumber, process, task));
  }

  void at(long whenMs, Program process, Runnable task) {
    events.add(new Event(Math.max(nowMs, whenMs), ++eventNumber, process, task));
  }

  /** So much time passes, and what is due happens. */
  void pass(long ms) {
    long untilMs = nowMs + ms;
    while (!events.isEmpty() && events.element().atMs <= untilMs) {
      Event next = events.remove();
      nowMs = next.atMs;
      if (next.process.dead) {
        continue;
      }
      if (next.process.pausedUntilMs > nowMs) {
        // With its old number: what was late stays in order.
        events.add(new Event(next.process.pausedUntilMs, next.number, next.process, next.task));
        continue;
      }
      next.task.run();
    }
    nowMs = untilMs;
  }

  void tell(Supplier<String> what) {
    if (told != null) {
      told.add(nowMs + ": " + what.get());
    }
  }

  static void check(boolean right, Supplier<String> otherwise) {
    if (!right) {
      throw new AssertionError(otherwise.get());
    }
  }
}
