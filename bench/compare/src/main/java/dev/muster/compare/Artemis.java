package dev.muster.compare;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ClientConsumer;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientProducer;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.client.ClientSessionFactory;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.utils.VersionLoader;
import org.jspecify.annotations.Nullable;

/**
 * Apache Artemis with two durable queues, through its core protocol. A batch is a transaction:
 * sends and acknowledgements go out without an answer, and the answer of the commit is that of all.
 */
final class Artemis implements Peer {
  static final String TASKS = "tasks";
  static final String RESULTS = "results";
  private static final int WINDOW_BYTES = 1 << 20;

  /** In the jar of its journal; the kernel's asynchronous writes are done through it. */
  private static final String NATIVE = "libartemis-native-64.so";

  /** The kind of journal that the server chose when it was started last. */
  private volatile String journal = "NIO";

  @Override
  public String id() {
    return "artemis";
  }

  @Override
  public String name() {
    return "Artemis";
  }

  @Override
  public String durability() {
    return "journal (%s) with sync of transactions: an fsync has come after it".formatted(journal);
  }

  @Override
  public String driving(int batch) {
    return "transactions of up to %,d, sends and acknowledgements without blocking; consumer window 1 MiB"
        .formatted(batch);
  }

  @Override
  public String client() {
    return Clients.of("artemis");
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
    return Program.firstVersion(VersionLoader.getVersion().getFullVersion());
  }

  @Override
  public Broker start(Workplace workplace, int batch) throws Exception {
    int port = Workplace.freePort();
    Path directory = workplace.directory();
    try (InputStream library = Artemis.class.getResourceAsStream("/lib/linux-x86_64/" + NATIVE)) {
      if (library != null) {
        long unused = Files.copy(library, directory.resolve(NATIVE));
      }
    }
    workplace.startJava(
        ArtemisServer.class,
        List.of("-Djava.library.path=" + directory),
        directory.toString(),
        Integer.toString(port));
    workplace.awaitPort(port);
    journal = Files.readString(directory.resolve(ArtemisServer.JOURNAL_FILE));
    return new Queues("tcp://127.0.0.1:" + port, batch);
  }

  private record Queues(String url, int batch) implements Broker {
    @Override
    public void produce(Flow flow) throws Exception {
      byte[] payload = Load.payload();
      try (ServerLocator locator = locator();
          ClientSessionFactory factory = locator.createSessionFactory();
          ClientSession session = transacted(factory);
          ClientProducer tasks = session.createProducer(TASKS)) {
        for (int n = flow.claim(batch); n > 0; n = flow.claim(batch)) {
          for (int i = 0; i < n; i++) {
            tasks.send(message(session, payload));
          }
          session.commit();
        }
      }
    }

    @Override
    public void work(Flow flow, String name) throws Exception {
      byte[] result = Load.result();
      try (ServerLocator locator = locator();
          ClientSessionFactory factory = locator.createSessionFactory();
          ClientSession session = transacted(factory);
          ClientConsumer tasks = session.createConsumer(TASKS);
          ClientProducer results = session.createProducer(RESULTS)) {
        session.start();
        while (!flow.isClosed()) {
          int n = 0;
          ClientMessage task = tasks.receive(POLL_MS);
          while (task != null) {
            n++;
            task.acknowledge();
            results.send(message(session, result));
            task = n < batch ? tasks.receiveImmediate() : null;
          }
          if (n > 0) {
            session.commit();
          }
        }
      }
    }

    @Override
    public void collect(Flow flow) throws Exception {
      try (ServerLocator locator = locator();
          ClientSessionFactory factory = locator.createSessionFactory();
          ClientSession session = transacted(factory);
          ClientConsumer results = session.createConsumer(RESULTS)) {
        session.start();
        while (!flow.isClosed()) {
          int n = 0;
          ClientMessage result = results.receive(POLL_MS);
          while (result != null) {
            n++;
            result.acknowledge();
            result = n < batch ? results.receiveImmediate() : null;
          }
          if (n > 0) {
            session.commit();
            flow.collected(n);
          }
        }
      }
    }

    private ServerLocator locator() throws Exception {
      return ActiveMQClient.createServerLocator(url)
          .setBlockOnDurableSend(false)
          .setBlockOnAcknowledge(false)
          .setConsumerWindowSize(WINDOW_BYTES)
          .setAckBatchSize(WINDOW_BYTES);
    }

    private static ClientSession transacted(ClientSessionFactory factory) throws Exception {
      return factory.createSession(false, false);
    }

    private static ClientMessage message(ClientSession session, byte[] body) {
      ClientMessage message = session.createMessage(true);
      message.getBodyBuffer().writeBytes(body);
      return message;
    }
  }
}
