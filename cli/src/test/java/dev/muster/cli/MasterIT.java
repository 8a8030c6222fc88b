package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code muster master} as a process: when it starts, when it does not, and how it stops. */
class MasterIT {
  private static final String KEY = "a pass phrase of this test";
  private static final Map<String, String> ENVIRONMENT = Map.of("MUSTER_AUTH_KEY", KEY);
  @TempDir private Path folder;

  @Test
  void shouldStopCleanlyOnSigtermAndKeepWhatItAcknowledged() {
    try (MasterProcess master = MasterProcess.start(folder, KEY)) {
      assertThat(master.run("put", "--queue", "kept", "1", "2").exitCode()).isZero();

      master.process().terminate();

      CommandRun end = master.process().awaitEnd();
      assertThat(end.exitCode()).isZero();
      assertThat(end.err()).isEmpty();
      assertThat(end.outLines()).hasSize(1);
    }
    try (MasterProcess master = MasterProcess.start(folder, KEY)) {
      assertThat(master.run("take", "--queue", "kept", "--count", "2").outLines())
          .containsExactly("1", "2");
    }
  }

  @Test
  void shouldServeWithoutTlsOnLoopbackOnly() {
    try (MasterProcess master = MasterProcess.start(folder, KEY, "--plaintext")) {
      assertThat(master.run("put", "--queue", "clear", "--plaintext", "1").err()).isEmpty();
    }
    CommandRun open =
        JarProcess.run(
            ENVIRONMENT, "master", "--data", folder.toString(), "--host", "0.0.0.0", "--plaintext");

    assertRefused(open, "loopback");
  }

  @Test
  void shouldNotStartWithoutAKey() {
    CommandRun run = JarProcess.run(Map.of(), "master", "--data", folder.toString());

    assertRefused(run, "muster keygen --out");
  }

  @Test
  void shouldNotStartWithAKeyFileThatOthersCanRead() throws IOException {
    Path key = folder.resolve("open.key");
    assertThat(JarProcess.run(Map.of(), "keygen", "--out", key.toString()).exitCode()).isZero();
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));

    CommandRun run =
        JarProcess.run(
            Map.of(),
            "master",
            "--data",
            folder.resolve("data").toString(),
            "--auth-key-file",
            key.toString());

    assertRefused(run, "chmod 600");
  }

  @Test
  void shouldNotStartWhenThePortIsInUse() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(other.getLocalPort());

      CommandRun run =
          JarProcess.run(ENVIRONMENT, "master", "--data", folder.toString(), "--port", port);

      assertRefused(run, port);
    }
  }

  @Test
  void shouldNotStartWhenAnotherMasterUsesTheData() {
    try (MasterProcess master = MasterProcess.start(folder, KEY)) {
      CommandRun run =
          JarProcess.run(ENVIRONMENT, "master", "--data", folder.toString(), "--port", "0");

      assertRefused(run, "in use by another master");
      assertThat(master.run("queues").exitCode()).isZero();
    }
  }

  @Test
  void shouldNotStartOnDataOfANewerVersion() throws IOException {
    Files.writeString(
        folder.resolve("FORMAT"), "format=99\ncluster=7f3c2a60-3c8e-4f0e-8d63-0f0f6f6f6f6f\n");

    CommandRun run =
        JarProcess.run(ENVIRONMENT, "master", "--data", folder.toString(), "--port", "0");

    assertRefused(run, "newer");
  }

  private static void assertRefused(CommandRun run, String expected) {
    assertThat(run.errLines()).singleElement().asString().contains(expected);
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.out()).isEmpty();
  }
}
