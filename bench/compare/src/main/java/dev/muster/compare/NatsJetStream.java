package dev.muster.compare;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamReader;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.PublishAck;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * NATS JetStream with two work queue streams in files. A message's acknowledgement is a message of
 * its own; only the last one of a batch is answered, after the others before it.
 */
final class NatsJetStream implements Peer {
  private static final String TASKS = "tasks";
  private static final String RESULTS = "results";
  private static final String CONSUMER = "takers";
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /**
   * How long a batch waits for more once it has something; the client's unit is the millisecond.
   */
  private static final Duration GATHER = Duration.ofMillis(1);

  /** From here on, {@code sync_interval: always} is known. */
  private static final int SYNC_SINCE_MINOR = 10;

  private static final Program PROGRAM = Program.onPath("nats-server", "nats-server");

  @Override
  public String id() {
    return "nats";
  }

  @Override
  public String name() {
    return durable() ? "NATS JetStream, fsync always" : "NATS JetStream, fsync later";
  }

  @Override
  public String durability() {
    return durable()
        ? "file storage, `sync_interval: always`: an fsync has come after it"
        : "file storage, not yet safe: written to the page cache, and the fsync comes after a minute or two; this version has no fsync for each acknowledgement";
  }

  private boolean durable() {
    return PROGRAM.absence() != null || syncs(version());
  }

  /** Whether a version has an fsync before each acknowledgement. */
  static boolean syncs(String version) {
    String[] parts = version.split("\\.", -1);
    if (parts.length < 2) {
      return false;
    }
    int major = Integer.parseInt(parts[0]);
    return major > 2 || (major == 2 && Integer.parseInt(parts[1]) >= SYNC_SINCE_MINOR);
  }

  @Override
  public String driving(int batch) {
    return "`publishAsync` in batches of %,d, two on their way; pull consumers with %,d ahead, batches up to %,d"
        .formatted(batch, 2 * batch, batch);
  }

  @Override
  public String client() {
    return Clients.of("nats");
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
    return PROGRAM.version("--version");
  }

  @Override
  public Broker start(Workplace workplace, int batch) throws Exception {
    int port = Workplace.freePort();
    String sync = syncs(version()) ? "  sync_interval: always\n" : "";
    Path config =
        workplace.write(
            "nats.conf",
            "listen: \"127.0.0.1:%d\"%njetstream {%n  store_dir: \"%s\"%n%s}%n"
                .formatted(port, workplace.directory().resolve("store"), sync));
    workplace.start(List.of(PROGRAM.path(), "--config", config.toString()), Map.of());
    workplace.awaitPort(port);
    Streams streams = new Streams("nats://127.0.0.1:" + port, batch);
    streams.make();
    return streams;
  }

  private record Streams(String url, int batch) implements Broker {
    private Connection connect() throws IOException, InterruptedException {
      // The default of 5,000 messages on their way out is less than what may be unfinished.
      return Nats.connect(
          Options.builder()
              .server(url)
              .maxMessagesInOutgoingQueue(2 * Flow.UNFINISHED_MAX)
              .build());
    }

    void make() throws Exception {
      try (Connection connection = connect()) {
        JetStreamManagement management = connection.jetStreamManagement();
        for (String name : List.of(TASKS, RESULTS)) {
          var stream =
              management.addStream(
                  StreamConfiguration.builder()
                      .name(name)
                      .subjects(name)
                      .storageType(StorageType.File)
                      .retentionPolicy(RetentionPolicy.WorkQueue)
                      .build());
          var consumer =
              management.addOrUpdateConsumer(
                  stream.getConfiguration().getName(),
                  ConsumerConfiguration.builder()
                      .durable(CONSUMER)
                      .filterSubject(name)
                      .ackPolicy(AckPolicy.Explicit)
                      .maxAckPending(2L * Flow.UNFINISHED_MAX)
                      .build());
          if (!consumer.getName().equals(CONSUMER)) {
            throw new ComparisonException("the server names a consumer " + consumer.getName());
          }
        }
      }
    }

    @Override
    public void produce(Flow flow) throws Exception {
      byte[] payload = Load.payload();
      try (Connection connection = connect()) {
        JetStream stream = connection.jetStream();
        List<CompletableFuture<PublishAck>> before = List.of();
        for (int n = flow.claim(batch); n > 0; n = flow.claim(batch)) {
          List<CompletableFuture<PublishAck>> now = publish(stream, TASKS, payload, n);
          await(before);
          before = now;
        }
      }
    }

    @Override
    public void work(Flow flow, String name) throws Exception {
      byte[] result = Load.result();
      try (Connection connection = connect()) {
        JetStream stream = connection.jetStream();
        JetStreamReader reader = reader(stream, TASKS);
        while (!flow.isClosed()) {
          List<Message> tasks = next(reader);
          await(publish(stream, RESULTS, result, tasks.size()));
          acknowledge(tasks);
        }
      }
    }

    @Override
    public void collect(Flow flow) throws Exception {
      try (Connection connection = connect()) {
        JetStreamReader reader = reader(connection.jetStream(), RESULTS);
        while (!flow.isClosed()) {
          List<Message> results = next(reader);
          acknowledge(results);
          flow.collected(results.size());
        }
      }
    }

    private static List<CompletableFuture<PublishAck>> publish(
        JetStream stream, String subject, byte[] body, int n) {
      List<CompletableFuture<PublishAck>> answers = new ArrayList<>(n);
      for (int i = 0; i < n; i++) {
        answers.add(stream.publishAsync(subject, body));
      }
      return answers;
    }

    private static void await(List<CompletableFuture<PublishAck>> answers) throws Exception {
      for (CompletableFuture<PublishAck> answer : answers) {
        PublishAck ack = answer.get(ANSWER.toSeconds(), TimeUnit.SECONDS);
        if (ack.hasError()) {
          throw new ComparisonException("a publish was refused: " + ack.getError());
        }
      }
    }

    private JetStreamReader reader(JetStream stream, String name) throws Exception {
      JetStreamSubscription subscription =
          stream.subscribe(name, PullSubscribeOptions.bind(name, CONSUMER));
      return subscription.reader(2 * batch, batch);
    }

    private List<Message> next(JetStreamReader reader) throws Exception {
      List<Message> messages = new ArrayList<>(batch);
      Message message = reader.nextMessage(POLL_MS);
      while (message != null) {
        messages.add(message);
        message = messages.size() < batch ? reader.nextMessage(GATHER) : null;
      }
      return messages;
    }

    private static void acknowledge(List<Message> messages) throws Exception {
      int last = messages.size() - 1;
      for (int i = 0; i < last; i++) {
        messages.get(i).ack();
      }
      if (last >= 0) {
        messages.get(last).ackSync(ANSWER);
      }
    }
  }
}
