package dev.muster.compare;

import java.io.File;
import java.nio.file.Files;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.io.aio.AIOSequentialFileFactory;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.ActiveMQServers;
import org.apache.activemq.artemis.core.server.JournalType;

/** The broker of {@link Artemis}, in a process of its own. It ends with a signal. */
final class ArtemisServer {
  /** In its directory, before it listens: the kind of its journal. */
  static final String JOURNAL_FILE = "journal-type";

  /** The journal gathers writes for so long before it syncs, ns; the default with NIO is 3.3 ms. */
  private static final int GATHER_NS = 500_000;

  private static final int DISK_USAGE_MAX_PERCENT = 100;

  private ArtemisServer() {}

  /** Arguments: its directory, and its port on loopback. */
  public static void main(String... arguments) throws Exception {
    File directory = new File(arguments[0]);
    JournalType journal =
        AIOSequentialFileFactory.isSupported() ? JournalType.ASYNCIO : JournalType.NIO;
    Files.writeString(directory.toPath().resolve(JOURNAL_FILE), journal.name());
    Configuration configuration =
        new ConfigurationImpl()
            .setPersistenceEnabled(true)
            .setSecurityEnabled(false)
            .setJMXManagementEnabled(false)
            .setJournalType(journal)
            .setJournalSyncTransactional(true)
            .setJournalSyncNonTransactional(true)
            .setJournalBufferTimeout_NIO(GATHER_NS)
            .setJournalBufferTimeout_AIO(GATHER_NS)
            .setMaxDiskUsage(DISK_USAGE_MAX_PERCENT)
            .setJournalDirectory(new File(directory, "journal").getPath())
            .setBindingsDirectory(new File(directory, "bindings").getPath())
            .setPagingDirectory(new File(directory, "paging").getPath())
            .setLargeMessagesDirectory(new File(directory, "large").getPath())
            .addAcceptorConfiguration("tcp", "tcp://127.0.0.1:" + arguments[1])
            .addQueueConfiguration(queue(Artemis.TASKS))
            .addQueueConfiguration(queue(Artemis.RESULTS));
    ActiveMQServer server = ActiveMQServers.newActiveMQServer(configuration);
    server.start();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    server.stop();
                  } catch (Exception e) {
                    System.err.println("the broker did not stop in order: " + e);
                  }
                }));
  }

  private static QueueConfiguration queue(String name) {
    return QueueConfiguration.of(name).setRoutingType(RoutingType.ANYCAST).setDurable(true);
  }
}
