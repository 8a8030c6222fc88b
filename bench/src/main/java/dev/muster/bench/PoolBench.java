package dev.muster.bench;

import dev.muster.client.Muster;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.common.MusterException;
import dev.muster.worker.Worker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A pool's map of trivial items, from an iterator: clock from the first item to the last result.
 */
final class PoolBench {
  private static final String QUEUE = "bench-pool";
  private static final int POLL = 1_024;
  private static final Duration STALLED = Duration.ofMinutes(2);
  private static final RemoteFunction<Integer, Integer> NEXT =
      RemoteFunction.of("next", Integer.class, Integer.class);

  private final PoolBenchOptions options;

  PoolBench(PoolBenchOptions options) {
    this.options = options;
  }

  Map<String, Object> run() {
    try (MasterProcess master = MasterProcess.start(true, options.masterJavaOptions())) {
      ConnectOptions connect = master.connect();
      List<Worker> workers = new ArrayList<>();
      try (Muster muster = Muster.connect(connect);
          Pool pool = muster.pool(QUEUE)) {
        for (int i = 0; i < options.workers(); i++) {
          workers.add(worker(connect));
        }
        if (options.warmUp() > 0) {
          var unused = seconds(pool, options.warmUp(), "");
        }
        Stretch stretch = Stretch.begin(master);
        double seconds = seconds(pool, options.items(), options.named() ? "bench" : "");
        Stretch.Figures used = stretch.end(options.items(), Math.round(seconds * 1e9));
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("scenario", "pool");
        figures.put("items_per_s", used.perSecond());
        figures.putAll(used.toMap());
        figures.put("n", options.items());
        figures.put("workers", options.workers());
        figures.put("credit", 0);
        figures.put("tls", true);
        figures.put("ordered", options.ordered());
        figures.put("named", options.named());
        return figures;
      } finally {
        workers.forEach(Worker::close);
      }
    }
  }

  private static Worker worker(ConnectOptions connect) {
    return Worker.connect(connect)
        .queue(QUEUE)
        .handle(NEXT.handler(), Integer.class, n -> n + 1)
        .start();
  }

  private double seconds(Pool pool, int items, String name) {
    MapOptions map = name.isEmpty() ? MapOptions.defaults() : MapOptions.defaults().named(name);
    long start = System.nanoTime();
    Iterator<Integer> numbers = IntStream.range(0, items).iterator();
    long sum = 0;
    try (MapResults<Integer> results =
        options.ordered()
            ? pool.imap(NEXT, numbers, map)
            : pool.imapUnordered(NEXT, numbers, map)) {
      int taken = 0;
      while (taken < items) {
        List<ItemResult<Integer>> some = results.poll(POLL, STALLED);
        if (some.isEmpty()) {
          throw new MusterException("only " + taken + " of " + items + " results came");
        }
        for (ItemResult<Integer> item : some) {
          Integer value = item.get();
          sum += value == null ? 0 : value;
        }
        taken += some.size();
      }
    }
    long expected = (long) items * (items + 1) / 2;
    if (sum != expected) {
      throw new MusterException("the results sum up to " + sum + ", expected " + expected);
    }
    return (System.nanoTime() - start) / 1e9;
  }
}
