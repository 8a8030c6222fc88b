package dev.muster.compare;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.XAddParams;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.resps.StreamEntryBinary;

/**
 * Redis with a stream of tasks and a stream of results. A batch is one round trip: the commands
 * that settle the last batch and the read of the next one go together. Redis runs them in order and
 * answers after it has written its file, so a task is acknowledged only with its result.
 */
final class RedisStreams implements Peer {
  private static final byte[] TASKS = "tasks".getBytes(UTF_8);
  private static final byte[] RESULTS = "results".getBytes(UTF_8);
  private static final byte[] GROUP = "group".getBytes(UTF_8);
  private static final byte[] FIELD = "d".getBytes(UTF_8);
  private static final Program PROGRAM = Program.onPath("redis-server", "redis-server");

  /** Values of Redis' setting {@code appendfsync}. */
  enum Fsync {
    always("redis-always", "an fsync has come after it"),
    everysec("redis-everysec", "not yet safe: the fsync comes once a second");

    private final String id;
    private final String durability;

    Fsync(String id, String durability) {
      this.id = id;
      this.durability = durability;
    }
  }

  private final Fsync fsync;

  RedisStreams(Fsync fsync) {
    this.fsync = fsync;
  }

  @Override
  public String id() {
    return fsync.id;
  }

  @Override
  public String name() {
    return "Redis streams, fsync " + fsync;
  }

  @Override
  public String durability() {
    return "`appendonly yes`, `appendfsync " + fsync + "`: " + fsync.durability;
  }

  @Override
  public String driving(int batch) {
    return "pipelines of %,d `XADD`; `XREADGROUP COUNT %,d` in one round trip with `XADD`, `XACK` and `XDEL` of the batch before"
        .formatted(batch, batch);
  }

  @Override
  public String client() {
    return Clients.of("redis");
  }

  @Override
  public int bestBatch() {
    return 2000;
  }

  @Override
  public Program program() {
    return PROGRAM;
  }

  @Override
  public String version() {
    return PROGRAM.version("--version");
  }

  @Override
  public Broker start(Workplace workplace, int batch) throws Exception {
    int port = Workplace.freePort();
    workplace.start(
        List.of(
            PROGRAM.path(),
            "--bind",
            "127.0.0.1",
            "--port",
            Integer.toString(port),
            "--dir",
            workplace.directory().toString(),
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            fsync.toString()),
        Map.of());
    workplace.awaitPort(port);
    try (Jedis jedis = new Jedis("127.0.0.1", port)) {
      jedis.xgroupCreate(TASKS, GROUP, "0".getBytes(UTF_8), true);
      jedis.xgroupCreate(RESULTS, GROUP, "0".getBytes(UTF_8), true);
    }
    return new Streams(port, batch);
  }

  private record Streams(int port, int batch) implements Broker {
    @Override
    public void produce(Flow flow) throws InterruptedException {
      Map<byte[], byte[]> task = Map.of(FIELD, Load.payload());
      try (Jedis jedis = new Jedis("127.0.0.1", port);
          Pipeline pipeline = jedis.pipelined()) {
        for (int n = flow.claim(batch); n > 0; n = flow.claim(batch)) {
          List<Response<byte[]>> ids = new ArrayList<>(n);
          for (int i = 0; i < n; i++) {
            ids.add(pipeline.xadd(TASKS, XAddParams.xAddParams(), task));
          }
          pipeline.sync();
          ids.forEach(Response::get); // throws what Redis refused
        }
      }
    }

    @Override
    public void work(Flow flow, String name) {
      Map<byte[], byte[]> result = Map.of(FIELD, Load.result());
      try (Jedis jedis = new Jedis("127.0.0.1", port);
          Pipeline pipeline = jedis.pipelined()) {
        byte[][] ids = {};
        while (!flow.isClosed()) {
          List<Response<byte[]>> results = new ArrayList<>(ids.length);
          for (int i = 0; i < ids.length; i++) {
            results.add(pipeline.xadd(RESULTS, XAddParams.xAddParams(), result));
          }
          ids = settleAndRead(pipeline, TASKS, ids, name.getBytes(UTF_8));
          results.forEach(Response::get);
        }
      }
    }

    @Override
    public void collect(Flow flow) {
      try (Jedis jedis = new Jedis("127.0.0.1", port);
          Pipeline pipeline = jedis.pipelined()) {
        byte[][] ids = {};
        while (!flow.isClosed()) {
          int settled = ids.length;
          ids = settleAndRead(pipeline, RESULTS, ids, "collector".getBytes(UTF_8));
          flow.collected(settled);
        }
      }
    }

    /** Acknowledges and deletes entries, and takes the next: the round trip ends with them. */
    private byte[][] settleAndRead(
        Pipeline pipeline, byte[] stream, byte[][] ids, byte[] consumer) {
      List<Response<Long>> settled = new ArrayList<>();
      if (ids.length > 0) {
        settled.add(pipeline.xack(stream, GROUP, ids));
        settled.add(pipeline.xdel(stream, ids));
        // A read that waits would hold the answers back: what waits is read now, or by the next.
      }
      XReadGroupParams next = XReadGroupParams.xReadGroupParams().count(batch);
      Response<List<Map.Entry<byte[], List<StreamEntryBinary>>>> read =
          pipeline.xreadGroupBinary(
              GROUP,
              consumer,
              ids.length > 0 ? next : next.block(POLL_MS),
              Map.of(stream, StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY));
      pipeline.sync();
      for (Response<Long> count : settled) {
        if (count.get() != ids.length) {
          throw new ComparisonException("Redis settled " + count.get() + " of " + ids.length);
        }
      }
      return idsOf(read.get());
    }

    private static byte[][] idsOf(@Nullable List<Map.Entry<byte[], List<StreamEntryBinary>>> read) {
      if (read == null || read.isEmpty()) {
        return new byte[0][];
      }
      return read.get(0).getValue().stream()
          .map(entry -> entry.getID().toString().getBytes(UTF_8))
          .toArray(byte[][]::new);
    }
  }
}
