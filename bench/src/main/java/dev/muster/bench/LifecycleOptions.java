package dev.muster.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the lifecycle bench runs.
 *
 * @param tasks measured
 * @param warmUp tasks before the clock starts
 * @param payloadBytes size of a task's payload
 * @param resultBytes size of its result
 * @param workers worker sessions with one slot each
 * @param credit tasks that each session takes ahead
 * @param unfinishedMax the producer pauses while more tasks than this are under way or waiting
 * @param tls false: plaintext
 * @param rules that hold for the tasks
 * @param queues among which the tasks are spread
 * @param masterJavaOptions for the master's JVM
 */
record LifecycleOptions(
    long tasks,
    long warmUp,
    int payloadBytes,
    int resultBytes,
    int workers,
    int credit,
    long unfinishedMax,
    boolean tls,
    BenchRules rules,
    QueueSpread queues,
    List<String> masterJavaOptions) {
  /** The same with other queues. */
  LifecycleOptions withQueues(QueueSpread other) {
    return new LifecycleOptions(
        tasks,
        warmUp,
        payloadBytes,
        resultBytes,
        workers,
        credit,
        unfinishedMax,
        tls,
        rules,
        other,
        masterJavaOptions);
  }

  /** The same with another number of workers. */
  LifecycleOptions withWorkers(int count) {
    return new LifecycleOptions(
        tasks,
        warmUp,
        payloadBytes,
        resultBytes,
        count,
        credit,
        unfinishedMax,
        tls,
        rules,
        queues,
        masterJavaOptions);
  }

  /** The same with or without TLS. */
  LifecycleOptions withTls(boolean on) {
    return new LifecycleOptions(
        tasks,
        warmUp,
        payloadBytes,
        resultBytes,
        workers,
        credit,
        unfinishedMax,
        on,
        rules,
        queues,
        masterJavaOptions);
  }

  /** The same with payloads of another size, and what goes with it. */
  LifecycleOptions withPayload(int bytes, long measured, long before, int ahead, long unfinished) {
    return new LifecycleOptions(
        measured,
        before,
        bytes,
        resultBytes,
        workers,
        ahead,
        unfinished,
        tls,
        rules,
        queues,
        masterJavaOptions);
  }

  /** How it was measured, as figures are printed. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("n", tasks);
    map.put("warm_up", warmUp);
    map.put("payload", payloadBytes);
    map.put("result", resultBytes);
    map.put("queues", queues.queues());
    map.put("workers", workers);
    map.put("credit", credit);
    map.put("unfinished_max", unfinishedMax);
    map.put("tls", tls);
    map.put("rules", rules.all());
    map.put("tenants", rules.all() ? BenchRules.TENANTS : 0);
    map.put("groups", rules.groups());
    map.put("priorities", rules.priorities());
    if (queues.queues() > 1) {
      map.put("queue_run", queues.run());
    }
    return map;
  }
}
