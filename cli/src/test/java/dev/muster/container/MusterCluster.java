package dev.muster.container;

import dev.muster.client.Muster;
import dev.muster.common.AuthKey;
import java.time.Duration;
import org.junit.jupiter.api.TestInfo;

/**
 * A master and its workers, each in a container of its own. The master's data is on a volume;
 * clients of the test reach it on loopback. Workers run the built-in handler {@code square} for the
 * queue {@value #TASKS}. One thread.
 */
final class MusterCluster implements AutoCloseable {
  static final String TASKS = "task";
  private static final String KEY_VARIABLE = "MUSTER_AUTH_KEY";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final String MASTER_READY = "muster master ready on ";
  private static final int MASTER_PORT = 5000;
  private static final int SLOTS = 4;

  private final AuthKey key = AuthKey.generate();
  private final int loopbackPort = LoopbackPort.free();
  private final PrivateNetwork network;
  private final Node master;

  private MusterCluster(PrivateNetwork network) {
    this.network = network;
    master =
        network
            .node(
                "master",
                MusterImage.name(),
                "master",
                "--data",
                "/data",
                "--host",
                "0.0.0.0",
                "--port",
                Integer.toString(MASTER_PORT))
            .env(KEY_VARIABLE, key.toText())
            .mount(network.volume(), "/data")
            .publish(MASTER_PORT, loopbackPort);
  }

  /** Starts a master and waits until it is ready. Its logs go to a folder named for the test. */
  static MusterCluster start(TestInfo test) throws Exception {
    MusterCluster cluster = new MusterCluster(PrivateNetwork.create(test));
    try {
      cluster.master.start().awaitLine(MASTER_READY, START_TIMEOUT);
      return cluster;
    } catch (RuntimeException | AssertionError e) {
      cluster.close();
      throw e;
    }
  }

  /**
   * Starts a worker; returns when its container runs. Work that waits for it needs no other signal.
   */
  Node startWorker(String name) {
    return network
        .node(
            name,
            MusterImage.name(),
            "worker",
            "--master",
            "master:" + MASTER_PORT,
            "--queue",
            TASKS,
            "--slots",
            Integer.toString(SLOTS))
        .env(KEY_VARIABLE, key.toText())
        .start();
  }

  /**
   * Kills the master with SIGKILL and puts a new container in its place: only the data volume
   * survives.
   */
  void crashMaster() throws InterruptedException {
    master.kill();
    master.replace();
    master.awaitLine(MASTER_READY, START_TIMEOUT);
  }

  Muster connect() {
    return Muster.connect("127.0.0.1:" + loopbackPort, key);
  }

  @Override
  public void close() throws Exception {
    network.close();
  }
}
