package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A stretch of a run that is measured: what the master and the clients, all of them in this
 * process, use from its beginning on.
 */
final class Stretch {
  private final MasterProcess master;
  private final ProcessUsage masterBefore;
  private final ProcessUsage clientsBefore;

  private Stretch(MasterProcess master) {
    this.master = master;
    this.masterBefore = master.usage();
    this.clientsBefore = ProcessUsage.ofThisProcess();
  }

  static Stretch begin(MasterProcess master) {
    return new Stretch(master);
  }

  /**
   * What was used up to now.
   *
   * @param tasks that came and went meanwhile
   * @param ns that they took
   */
  Figures end(long tasks, long ns) {
    ProcessUsage clients = ProcessUsage.ofThisProcess().since(clientsBefore);
    return new Figures(tasks, ns / 1e9, master.usage().since(masterBefore), clients);
  }

  /**
   * What it came to.
   *
   * @param tasks that came and went
   * @param seconds that they took
   * @param master what it used
   * @param clients what producer, workers and collector used together
   */
  record Figures(long tasks, double seconds, ProcessUsage master, ProcessUsage clients) {
    long perSecond() {
      return Math.round(tasks / seconds);
    }

    /** As every scenario prints it. */
    Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("seconds", thousandths(seconds));
      map.put("master_cpu_s", thousandths(master.cpuMs() / 1e3));
      map.put("client_cpu_s", thousandths(clients.cpuMs() / 1e3));
      map.put("cpu_us_per_task", thousandths((master.cpuMs() + clients.cpuMs()) * 1e3 / tasks));
      map.put("fsyncs", master.fsyncs());
      map.put("tasks_per_fsync", thousandths(1.0 * tasks / Math.max(1, master.fsyncs())));
      map.put("master_peak_rss_mb", master.peakRssMb());
      map.put("client_peak_rss_mb", clients.peakRssMb());
      return map;
    }
  }

  /** Rounded. */
  static double thousandths(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
