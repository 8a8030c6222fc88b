package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** How long after its time a task was durable, was started, and its result was taken. */
final class Latencies {
  private static final int DIGITS = 3;
  private static final double[] PERCENTILES = {50, 90, 99, 99.9};

  private final Recorder put = new Recorder(DIGITS);
  private final Recorder started = new Recorder(DIGITS);
  private final Recorder ended = new Recorder(DIGITS);

  /**
   * It is durable.
   *
   * @param dueNs when it was to be put, by {@link System#nanoTime}; 0: at no certain time, which is
   *     not counted
   */
  void put(long dueNs) {
    record(put, dueNs);
  }

  /** It was started, as {@link #put}. */
  void started(long dueNs) {
    record(started, dueNs);
  }

  /** Its result was taken, as {@link #put}. */
  void ended(long dueNs) {
    record(ended, dueNs);
  }

  private static void record(Recorder recorder, long dueNs) {
    if (dueNs != 0) {
      recorder.recordValue(Math.max(0, System.nanoTime() - dueNs));
    }
  }

  /** Forgets what it has so far. */
  void reset() {
    put.reset();
    started.reset();
    ended.reset();
  }

  /** In ms. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("put_ms", percentiles(put.getIntervalHistogram()));
    map.put("put_to_start_ms", percentiles(started.getIntervalHistogram()));
    map.put("end_to_end_ms", percentiles(ended.getIntervalHistogram()));
    return map;
  }

  static Map<String, Double> percentiles(Histogram ns) {
    Map<String, Double> figures = new LinkedHashMap<>();
    for (double percentile : PERCENTILES) {
      String name =
          "p"
              + (percentile == Math.rint(percentile)
                  ? Long.toString((long) percentile)
                  : Double.toString(percentile));
      figures.put(name, millis(ns.getValueAtPercentile(percentile)));
    }
    figures.put("max", millis(ns.getMaxValue()));
    return figures;
  }

  private static double millis(long ns) {
    return Math.round(ns / 1e3) / 1e3;
  }
}
