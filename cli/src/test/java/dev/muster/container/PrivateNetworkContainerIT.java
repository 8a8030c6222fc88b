package dev.muster.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** The tests' own tools: a cut that does not cut would make every other test here worthless. */
@RequiresDocker
final class PrivateNetworkContainerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String WAIT = "echo started; exec tail -f /dev/null";

  private PrivateNetwork network;
  private Node left;
  private Node right;

  @BeforeEach
  void startTwoNodes(TestInfo test) throws Exception {
    network = PrivateNetwork.create(test);
    String image = BaseImage.find().orElseThrow();
    left = network.node("left", image, "bash", "-c", WAIT).start();
    right = network.node("right", image, "bash", "-c", WAIT).start();
    left.awaitLine("started", PATIENCE);
    right.awaitLine("started", PATIENCE);
  }

  @AfterEach
  void remove() throws Exception {
    network.close();
  }

  @Test
  void shouldReachPeerByName() throws Exception {
    assertThat(canReach(left, "right")).isTrue();
    assertThat(canReach(right, "left")).isTrue();
  }

  @Test
  void shouldLosePeerWhenCutAndFindItAtTheSameAddressWhenHealed() throws Exception {
    // given
    assertThat(canReach(left, right.address())).isTrue();

    // when
    right.cut();

    // then
    assertThat(canReach(left, right.address())).isFalse();
    assertThat(canReach(right, left.address())).isFalse();

    // when
    right.heal();

    // then
    assertThat(canReach(left, right.address())).isTrue();
    assertThat(canReach(left, "right")).isTrue();
    assertThat(canReach(right, left.address())).isTrue();
  }

  @Test
  void shouldKeepAddressAndFilesWhenKilledAndStartedAgain() throws Exception {
    // given
    left.exec("touch", "/kept");

    // when
    left.kill();
    left.startAgain();
    left.awaitLine("started", PATIENCE);

    // then
    assertThat(left.exec("test", "-f", "/kept").getExitCode()).isZero();
    assertThat(canReach(right, left.address())).isTrue();
  }

  @Test
  void shouldKeepOnlyVolumeWhenReplaced() throws Exception {
    // given
    Node node =
        network
            .node("third", BaseImage.find().orElseThrow(), "bash", "-c", WAIT)
            .mount(network.volume(), "/data")
            .start();
    node.awaitLine("started", PATIENCE);
    node.exec("touch", "/data/kept", "/lost");

    // when
    node.kill();
    node.replace();
    node.awaitLine("started", PATIENCE);

    // then
    assertThat(node.exec("test", "-f", "/data/kept").getExitCode()).isZero();
    assertThat(node.exec("test", "-f", "/lost").getExitCode()).isNotZero();
    assertThat(canReach(right, "third")).isTrue();
  }

  /**
   * A refused connection comes from the peer itself: nobody listens on port 1, but somebody
   * answers.
   */
  private static boolean canReach(Node from, String host) throws IOException, InterruptedException {
    return from.exec(
            "env", "LC_ALL=C", "timeout", "5", "bash", "-c", "exec 3<>/dev/tcp/" + host + "/1")
        .getStderr()
        .contains("Connection refused");
  }
}
