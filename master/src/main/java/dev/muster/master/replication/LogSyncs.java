package dev.muster.master.replication;

import org.apache.ratis.metrics.MetricRegistries;
import org.apache.ratis.metrics.RatisMetricRegistry;
import org.apache.ratis.metrics.impl.RatisMetricRegistryImpl;

/** How often the logs of this process were synced to their disks. */
public final class LogSyncs {
  /** The name of the timer of Ratis around each fsync of a segment. */
  private static final String TIMER = "syncTime";

  private LogSyncs() {}

  /** Since the process began. Any thread. */
  public static long count() {
    long count = 0;
    for (RatisMetricRegistry registry : MetricRegistries.global().getMetricRegistries()) {
      if (registry instanceof RatisMetricRegistryImpl metrics) {
        count +=
            metrics.getDropWizardMetricRegistry().getTimers().entrySet().stream()
                .filter(timer -> timer.getKey().endsWith(TIMER))
                .mapToLong(timer -> timer.getValue().getCount())
                .sum();
      }
    }
    return count;
  }
}
