package dev.muster.compare;

import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.collection.IQueue;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.BuildInfoProvider;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Two queues of a Hazelcast member: fast, and in memory only. What is taken is gone, so a life has
 * no acknowledgement, and it is not a task queue; it is here as the mark of what a queue without a
 * disk reaches.
 */
final class Hazelcast implements Peer {
  private static final String TASKS = "tasks";
  private static final String RESULTS = "results";

  /** It warns that it is slower without these. */
  private static final List<String> MODULE_OPTIONS =
      List.of(
          "--add-modules=java.se",
          "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "--add-opens=java.management/sun.management=ALL-UNNAMED",
          "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED");

  @Override
  public String id() {
    return "hazelcast";
  }

  @Override
  public String name() {
    return "Hazelcast IQueue";
  }

  @Override
  public String durability() {
    return "no fsync: in the memory of one member, without a backup; what is taken is gone, and is not acknowledged";
  }

  @Override
  public String driving(int batch) {
    return "`addAll` of %,d; `drainTo` of up to %,d, and `poll` when there is nothing"
        .formatted(batch, batch);
  }

  @Override
  public String client() {
    return Clients.of("hazelcast");
  }

  @Override
  public int bestBatch() {
    return 2000;
  }

  @Override
  public @Nullable Program program() {
    return null;
  }

  @Override
  public String version() {
    return Program.firstVersion(BuildInfoProvider.getBuildInfo().getVersion());
  }

  @Override
  public Broker start(Workplace workplace, int batch) throws Exception {
    int port = Workplace.freePort();
    workplace.startJava(HazelcastServer.class, MODULE_OPTIONS, Integer.toString(port));
    workplace.awaitPort(port);
    return new Queues("127.0.0.1:" + port, batch);
  }

  private record Queues(String address, int batch) implements Broker {
    @Override
    public void produce(Flow flow) throws Exception {
      HazelcastInstance client = connect();
      try {
        IQueue<byte[]> tasks = client.getQueue(TASKS);
        byte[] payload = Load.payload();
        for (int n = flow.claim(batch); n > 0; n = flow.claim(batch)) {
          add(tasks, Collections.nCopies(n, payload));
        }
      } finally {
        client.shutdown();
      }
    }

    @Override
    public void work(Flow flow, String name) throws Exception {
      HazelcastInstance client = connect();
      try {
        IQueue<byte[]> tasks = client.getQueue(TASKS);
        IQueue<byte[]> results = client.getQueue(RESULTS);
        byte[] result = Load.result();
        while (!flow.isClosed()) {
          int taken = take(tasks);
          if (taken > 0) {
            add(results, Collections.nCopies(taken, result));
          }
        }
      } finally {
        client.shutdown();
      }
    }

    @Override
    public void collect(Flow flow) throws Exception {
      HazelcastInstance client = connect();
      try {
        IQueue<byte[]> results = client.getQueue(RESULTS);
        while (!flow.isClosed()) {
          flow.collected(take(results));
        }
      } finally {
        client.shutdown();
      }
    }

    /** As many as there are, up to a batch; waits only when there is none. */
    private int take(IQueue<byte[]> queue) throws InterruptedException {
      List<byte[]> taken = new ArrayList<>(batch);
      int drained = queue.drainTo(taken, batch);
      if (drained > 0) {
        return drained;
      }
      return queue.poll(POLL_MS, TimeUnit.MILLISECONDS) == null ? 0 : 1;
    }

    private static void add(IQueue<byte[]> queue, List<byte[]> items) {
      if (!queue.addAll(items)) {
        throw new ComparisonException("a queue refused " + items.size() + " items");
      }
    }

    private HazelcastInstance connect() {
      ClientConfig config = new ClientConfig();
      config.setProperty("hazelcast.logging.type", "none");
      config.setProperty("hazelcast.client.statistics.enabled", "false");
      config.getNetworkConfig().addAddress(address);
      return HazelcastClient.newHazelcastClient(config);
    }
  }
}
