package dev.muster.bench;

import dev.muster.client.Muster;
import dev.muster.client.TaskQueue;
import dev.muster.common.codec.Codecs;
import java.util.LinkedHashMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Tasks that nobody takes: how many a second become durable, and how long one alone takes. */
final class PutBench {
  private static final String QUEUE = "bench-put";
  private static final int ALONE_WARM_UP = 2_000;
  private static final int ALONE = 5_000;

  private final LifecycleOptions options;

  PutBench(LifecycleOptions options) {
    this.options = options;
  }

  Map<String, Object> run() {
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions())) {
      if (options.warmUp() > 0) {
        var unused = Lives.build(master.connect(), options, options.warmUp());
      }
      Stretch stretch = Stretch.begin(master);
      long ns = Lives.build(master.connect(), options, options.tasks());
      Stretch.Figures figures = stretch.end(options.tasks(), ns);
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("scenario", "put");
      map.put("puts_per_s", figures.perSecond());
      map.put("one_at_a_time_ms", alone(master));
      map.putAll(figures.toMap());
      map.putAll(options.toMap());
      return map;
    }
  }

  private Map<String, Double> alone(MasterProcess master) {
    Payloads payloads = new Payloads(options.payloadBytes());
    Histogram ns = new Histogram(3);
    try (Muster muster = Muster.connect(master.connect())) {
      TaskQueue<byte[]> queue = muster.tasks(QUEUE, Codecs.bytes());
      for (int i = -ALONE_WARM_UP; i < ALONE; i++) {
        byte[] payload = payloads.next();
        long start = System.nanoTime();
        var unused = queue.enqueue(payload);
        if (i >= 0) {
          ns.recordValue(System.nanoTime() - start);
        }
      }
    }
    return Latencies.percentiles(ns);
  }
}
