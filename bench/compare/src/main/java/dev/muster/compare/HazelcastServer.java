package dev.muster.compare;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.QueueConfig;
import com.hazelcast.core.HazelcastInstance;
import java.util.Map;

/** The member of {@link Hazelcast}, in a process of its own. It ends with a signal. */
final class HazelcastServer {
  private HazelcastServer() {}

  /** Arguments: its port on loopback. */
  public static void main(String... arguments) {
    Config config = new Config();
    Map.of(
            "hazelcast.phone.home.enabled", "false",
            "hazelcast.socket.bind.any", "false",
            "hazelcast.logging.type", "none")
        .forEach(config::setProperty);
    config
        .getNetworkConfig()
        .setPort(Integer.parseInt(arguments[0]))
        .setPortAutoIncrement(false)
        .setPublicAddress("127.0.0.1:" + arguments[0]);
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getAutoDetectionConfig().setEnabled(false);
    join.getMulticastConfig().setEnabled(false);
    config.addQueueConfig(new QueueConfig("*").setBackupCount(0).setStatisticsEnabled(false));
    HazelcastInstance unused = com.hazelcast.core.Hazelcast.newHazelcastInstance(config);
  }
}
