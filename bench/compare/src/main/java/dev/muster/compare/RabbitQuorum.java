package dev.muster.compare;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.MessageProperties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * RabbitMQ with two quorum queues on a private node: with its own home, data, ports and port mapper
 * (epmd), beside whatever else runs on the machine. Each batch of results is confirmed before its
 * tasks are acknowledged.
 */
final class RabbitQuorum implements Peer {
  private static final String TASKS = "tasks";
  private static final String RESULTS = "results";
  private static final long CONFIRM_MS = 30_000;

  /** Debian's script on the PATH changes to another user; the one behind it does not. */
  private static final Path SCRIPTS = Path.of("/usr/lib/rabbitmq/bin");

  private static final Program PROGRAM = behindTheWrapper();

  /** Said by the server when it was started last: its own command would start another node. */
  private volatile String version = "unknown";

  private static Program behindTheWrapper() {
    Program onPath = Program.onPath("rabbitmq-server", "rabbitmq-server");
    List<Path> directories = new ArrayList<>(List.of(SCRIPTS));
    directories.addAll(onPath.directories());
    return new Program(onPath.name(), onPath.debianPackage(), directories);
  }

  @Override
  public String id() {
    return "rabbitmq";
  }

  @Override
  public String name() {
    return "RabbitMQ quorum queues";
  }

  @Override
  public String durability() {
    return "quorum queue of one node: its log has been written, with an fsync";
  }

  @Override
  public String driving(int batch) {
    return "publisher confirms for batches of %,d, two on their way; prefetch %,d; `multiple` acknowledgements"
        .formatted(batch, prefetch(batch));
  }

  private static int prefetch(int batch) {
    return 2 * batch;
  }

  @Override
  public String client() {
    return Clients.of("rabbitmq");
  }

  @Override
  public int bestBatch() {
    return 1000;
  }

  @Override
  public Program program() {
    return PROGRAM;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public Broker start(Workplace workplace, int batch) throws Exception {
    int port = Workplace.freePort();
    String epmdPort = Integer.toString(Workplace.freePort());
    Path home = workplace.directory();
    Path config =
        workplace.write(
            "rabbitmq.conf", "listeners.tcp.1 = 127.0.0.1:" + port + "\nlog.console = true\n");
    Path plugins = workplace.write("enabled_plugins", "[].\n");
    Map<String, String> environment = new HashMap<>();
    environment.put("HOME", home.toString());
    environment.put("ERL_EPMD_PORT", epmdPort);
    environment.put("ERL_EPMD_ADDRESS", "127.0.0.1");
    // Started first, and not by the node: one that the node starts would outlive it.
    workplace.start(
        List.of(
            Program.onPath("epmd", "erlang-base").path(),
            "-port",
            epmdPort,
            "-address",
            "127.0.0.1"),
        environment);
    workplace.awaitPort(Integer.parseInt(epmdPort));
    environment.put("RABBITMQ_NODENAME", "compare@localhost");
    environment.put("RABBITMQ_DIST_PORT", Integer.toString(Workplace.freePort()));
    environment.put("RABBITMQ_CONF_ENV_FILE", home.resolve("none").toString());
    environment.put("RABBITMQ_CONFIG_FILE", config.toString());
    environment.put("RABBITMQ_ENABLED_PLUGINS_FILE", plugins.toString());
    environment.put("RABBITMQ_MNESIA_BASE", home.resolve("mnesia").toString());
    environment.put("RABBITMQ_LOG_BASE", home.resolve("log").toString());
    environment.put("RABBITMQ_LOGS", "-");
    environment.put(
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
    workplace.start(List.of(PROGRAM.path()), environment);
    workplace.awaitPort(port);
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("127.0.0.1");
    factory.setPort(port);
    try (Connection connection = factory.newConnection();
        Channel channel = connection.createChannel()) {
      version = String.valueOf(connection.getServerProperties().get("version"));
      for (String queue : List.of(TASKS, RESULTS)) {
        AMQP.Queue.DeclareOk unused =
            channel.queueDeclare(queue, true, false, false, Map.of("x-queue-type", "quorum"));
      }
    }
    return new Queues(factory, batch);
  }

  private record Queues(ConnectionFactory factory, int batch) implements Broker {
    @Override
    public void produce(Flow flow) throws Exception {
      byte[] payload = Load.payload();
      try (Connection connection = factory.newConnection()) {
        // While the confirms of one batch are on their way, the next is published.
        Channel now = confirmed(connection);
        Channel before = confirmed(connection);
        for (int n = flow.claim(batch); n > 0; n = flow.claim(batch)) {
          for (int i = 0; i < n; i++) {
            publish(now, TASKS, payload);
          }
          before.waitForConfirmsOrDie(CONFIRM_MS);
          Channel last = now;
          now = before;
          before = last;
        }
      }
    }

    @Override
    public void work(Flow flow, String name) throws Exception {
      byte[] result = Load.result();
      try (Connection connection = factory.newConnection()) {
        Channel results = confirmed(connection);
        Channel tasks = connection.createChannel();
        BlockingQueue<Long> taken = take(tasks, TASKS);
        List<Long> tags = new ArrayList<>();
        while (next(flow, taken, tags)) {
          for (int i = 0; i < tags.size(); i++) {
            publish(results, RESULTS, result);
          }
          results.waitForConfirmsOrDie(CONFIRM_MS);
          tasks.basicAck(tags.get(tags.size() - 1), true);
        }
      }
    }

    @Override
    public void collect(Flow flow) throws Exception {
      try (Connection connection = factory.newConnection()) {
        Channel results = connection.createChannel();
        BlockingQueue<Long> taken = take(results, RESULTS);
        List<Long> tags = new ArrayList<>();
        while (next(flow, taken, tags)) {
          results.basicAck(tags.get(tags.size() - 1), true);
          flow.collected(tags.size());
        }
      }
    }

    private static Channel confirmed(Connection connection) throws IOException {
      Channel channel = connection.createChannel();
      AMQP.Confirm.SelectOk unused = channel.confirmSelect();
      return channel;
    }

    private static void publish(Channel channel, String queue, byte[] body) throws IOException {
      channel.basicPublish("", queue, MessageProperties.MINIMAL_PERSISTENT_BASIC, body);
    }

    /** The delivery tags of what the server pushes, in order. */
    private BlockingQueue<Long> take(Channel channel, String queue) throws IOException {
      BlockingQueue<Long> tags = new LinkedBlockingQueue<>();
      channel.basicQos(prefetch(batch));
      String unused =
          channel.basicConsume(
              queue,
              false,
              (tag, delivery) -> tags.add(delivery.getEnvelope().getDeliveryTag()),
              tag -> {});
      return tags;
    }

    /**
     * Waits for the next tags: all that came, up to a batch.
     *
     * @param into gets them; what was there goes
     * @return false: the flow is closed
     */
    private boolean next(Flow flow, BlockingQueue<Long> taken, List<Long> into)
        throws InterruptedException {
      into.clear();
      while (!flow.isClosed()) {
        Long first = taken.poll(POLL_MS, TimeUnit.MILLISECONDS);
        if (first != null) {
          into.add(first);
          taken.drainTo(into, batch - 1);
          return true;
        }
      }
      return false;
    }
  }
}
