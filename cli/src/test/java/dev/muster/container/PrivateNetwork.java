package dev.muster.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.ContainerNetwork;
import com.github.dockerjava.api.model.Network;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.TestInfo;
import org.testcontainers.DockerClientFactory;

/**
 * A network for the containers of one test. Every node keeps its address for good, also when it is
 * cut off and comes back, or is restarted: to its peers a cut looks like a pulled cable, packets
 * vanish and no connection is closed.
 *
 * <p>Closing it removes its nodes, with their volumes, and writes what each printed to {@code
 * target/container-logs/<class>/<test>/<node>.log}. One thread.
 */
final class PrivateNetwork implements AutoCloseable {
  /** On everything that these tests make in the engine; {@code .ci/run} removes by it. */
  static final String LABEL = "dev.muster.test";

  private static final int SUBNET_TRIES = 20;
  private static final int FIRST_HOST = 10;

  private final DockerClient docker = DockerClientFactory.lazyClient();
  private final List<Node> nodes = new ArrayList<>();
  private final List<String> volumes = new ArrayList<>();
  private final Path logs;
  private final String id;
  private final String prefix;

  private PrivateNetwork(Path logs, String id, String prefix) {
    this.logs = logs;
    this.id = id;
    this.prefix = prefix;
  }

  /** Makes an empty network; the test names the folder of the logs. */
  static PrivateNetwork create(TestInfo test) {
    Path logs =
        Path.of(
            "target",
            "container-logs",
            test.getTestClass().orElseThrow().getSimpleName(),
            test.getTestMethod().orElseThrow().getName());
    DockerClient docker = DockerClientFactory.lazyClient();
    DockerException last = null;
    for (int i = 0; i < SUBNET_TRIES; i++) {
      // 198.18.0.0/15 is kept for tests (RFC 2544): no machine's own network is there. Subnets in
      // use are refused.
      ThreadLocalRandom random = ThreadLocalRandom.current();
      String prefix = "198.%d.%d.".formatted(random.nextInt(18, 20), random.nextInt(256));
      try {
        String id =
            docker
                .createNetworkCmd()
                .withName("muster-it-" + UUID.randomUUID())
                .withIpam(
                    new Network.Ipam()
                        .withConfig(new Network.Ipam.Config().withSubnet(prefix + "0/24")))
                .withLabels(Map.of(LABEL, "true"))
                .exec()
                .getId();
        return new PrivateNetwork(logs, id, prefix);
      } catch (DockerException taken) {
        last = taken;
      }
    }
    throw new IllegalStateException(
        "no network after " + SUBNET_TRIES + " tries with different subnets", last);
  }

  /** Describes a node; {@link Node#start} starts it. */
  Node node(String name, String image, String... command) {
    Node node = new Node(this, name, prefix + (FIRST_HOST + nodes.size()), image, command);
    nodes.add(node);
    return node;
  }

  /** A new, empty volume, removed with the network. */
  String volume() {
    String name = "muster-it-" + UUID.randomUUID();
    docker.createVolumeCmd().withName(name).withLabels(Map.of(LABEL, "true")).exec();
    volumes.add(name);
    return name;
  }

  void attach(String container, String alias, String address) {
    docker
        .connectToNetworkCmd()
        .withNetworkId(id)
        .withContainerId(container)
        .withContainerNetwork(
            new ContainerNetwork()
                .withAliases(alias)
                .withIpamConfig(new ContainerNetwork.Ipam().withIpv4Address(address)))
        .exec();
  }

  void detach(String container) {
    docker
        .disconnectFromNetworkCmd()
        .withNetworkId(id)
        .withContainerId(container)
        .withForce(true)
        .exec();
  }

  String id() {
    return id;
  }

  @Override
  public void close() throws Exception {
    Files.createDirectories(logs);
    for (Node node : nodes) {
      node.writeLog(logs.resolve(node.name() + ".log"));
      node.remove();
    }
    for (String volume : volumes) {
      docker.removeVolumeCmd(volume).exec();
    }
    docker.removeNetworkCmd(id).exec();
  }
}
