package dev.muster.bench;

import com.google.protobuf.ByteString;
import dev.muster.client.Muster;
import dev.muster.client.TaskQueue;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.client.connection.Connection;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.TasksGrpc.TasksBlockingStub;
import dev.muster.worker.Worker;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * One task at a time on a system that has nothing else to do: how long the call takes that puts it
 * through gRPC's own stub, as a client in another language does, and how long it takes from the put
 * through our client until its handler starts.
 */
final class UnaryBench {
  private static final String PUT_QUEUE = "bench-unary";
  private static final String QUEUE = "bench-idle";
  private static final String HANDLER = "start";
  private static final int DIGITS = 3;
  private static final long STALLED_S = 60;

  private final UnaryOptions options;

  UnaryBench(UnaryOptions options) {
    this.options = options;
  }

  Map<String, Object> run() {
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions())) {
      ConnectOptions connect = master.connect();
      Stretch stretch = Stretch.begin(master);
      long begin = System.nanoTime();
      Map<String, Double> calls = calls(connect);
      Map<String, Double> starts = starts(connect);
      Stretch.Figures used =
          stretch.end(2L * (options.tasks() + options.warmUp()), System.nanoTime() - begin);
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("scenario", "unary");
      map.put("unary_put_ms", calls);
      map.put("put_to_start_ms", starts);
      map.putAll(used.toMap());
      map.putAll(options.toMap());
      return map;
    }
  }

  /** Of the call, by the plain stub. */
  private Map<String, Double> calls(ConnectOptions connect) {
    EnqueueRequest request =
        EnqueueRequest.newBuilder()
            .setQueue(PUT_QUEUE)
            .addPayloads(ByteString.copyFrom(new byte[options.payloadBytes()]))
            .build();
    Histogram ns = new Histogram(DIGITS);
    try (Connection connection = Connection.open(connect)) {
      TasksBlockingStub tasks = TasksGrpc.newBlockingStub(connection.channel());
      for (int i = -options.warmUp(); i < options.tasks(); i++) {
        pauseBefore(i);
        long start = System.nanoTime();
        EnqueueReply reply = tasks.enqueue(request);
        long took = System.nanoTime() - start;
        if (reply.getCount() != 1) {
          throw new MusterException("expected one task to be durable, found: " + reply);
        }
        if (i >= 0) {
          ns.recordValue(took);
        }
      }
    }
    return Latencies.percentiles(ns);
  }

  /** From the put to the first line of the handler. */
  private Map<String, Double> starts(ConnectOptions connect) {
    Histogram ns = new Histogram(DIGITS);
    Semaphore started = new Semaphore(0);
    try (Worker worker =
            Worker.connect(connect)
                .queue(QUEUE)
                .handle(
                    HANDLER,
                    Codecs.bytes(),
                    (payload, context) -> {
                      ns.recordValue(System.nanoTime() - ByteBuffer.wrap(payload).getLong());
                      started.release();
                      return null;
                    })
                .start();
        Muster muster = Muster.connect(connect)) {
      TaskQueue<byte[]> queue = muster.tasks(QUEUE, Codecs.bytes()).handler(HANDLER).dropResults();
      for (int i = -options.warmUp(); i < options.tasks(); i++) {
        if (i == 0) {
          ns.reset(); // The handler of the last one has been awaited.
        }
        pauseBefore(i);
        byte[] payload = new byte[Math.max(Long.BYTES, options.payloadBytes())];
        ByteBuffer.wrap(payload).putLong(System.nanoTime());
        var unused = queue.enqueueAsync(payload);
        if (!started.tryAcquire(STALLED_S, TimeUnit.SECONDS)) {
          throw new MusterException("a task has not started after " + STALLED_S + " s");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MusterException("interrupted", e);
    }
    return Latencies.percentiles(ns);
  }

  /** What the last task left behind shall be over, unless all this is only to warm up. */
  private void pauseBefore(int task) {
    if (task < 0) {
      return;
    }
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.pauseMs());
    for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(this, left);
    }
  }
}
