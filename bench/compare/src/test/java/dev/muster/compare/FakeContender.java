package dev.muster.compare;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers the rates that it was told, and fails when none is left. */
final class FakeContender implements Contender {
  private final String id;
  private final @Nullable String absence;
  private final Deque<Long> rates;
  private final List<String> turns;

  /**
   * @param turns gets the id at each turn
   */
  FakeContender(String id, @Nullable String absence, List<String> turns, Long... rates) {
    this.id = id;
    this.absence = absence;
    this.turns = turns;
    this.rates = new ArrayDeque<>(List.of(rates));
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String name() {
    return "Queue " + id;
  }

  @Override
  public String durability() {
    return "safe";
  }

  @Override
  public String driving() {
    return "by hand";
  }

  @Override
  public @Nullable String absence() {
    return absence;
  }

  @Override
  public String version() {
    if (absence != null) {
      throw new IllegalStateException("nobody has a version of what is absent");
    }
    return "1.2";
  }

  @Override
  public Turn measure(Span span) {
    turns.add(id);
    Long rate = rates.poll();
    if (rate == null) {
      throw new ComparisonException("broke\n  with a trace");
    }
    return Turns.at(rate);
  }
}
