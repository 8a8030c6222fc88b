package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.RemoteWorker;
import dev.muster.worker.WorkerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Worker processes that a program starts itself, and the same workers through the master. */
@Timeout(120)
final class WorkerProcessIT {
  @RegisterExtension static final FeatureRig rig = FeatureRig.ofAllTests();
  @TempDir private static Path folder;

  private static WorkerProcess start(String queue) {
    WorkerProcess.Builder builder =
        WorkerProcess.muster("--queue", queue)
            .name(queue + "-1")
            .jvmOption("-XX:TieredStopAtLevel=1")
            .output(folder.resolve(queue + ".out"));
    rig.master().environment().forEach(builder::environment);
    return builder.start();
  }

  /** The only worker of a queue, as soon as the master has it. */
  private static RemoteWorker remote(String queue) {
    FeatureRig.until(
        "a worker of " + queue, () -> rig.muster().admin().workers(queue).count() == 1);
    return rig.muster()
        .admin()
        .worker(
            RemoteWorker.identity(rig.muster().admin().workers(queue).findFirst().orElseThrow()));
  }

  @Test
  void shouldStartAWorkerAndEndItBySigterm() throws Exception {
    WorkerProcess process = start("term");
    try {
      RemoteWorker remote = remote("term");
      assertThat(remote.pid()).isEqualTo(process.pid());
      assertThat(remote.name()).isEqualTo("term-1").isEqualTo(process.name());
      assertThat(process.isAlive()).isTrue();
      assertThat(process.exitCode()).isEmpty();
      assertThat(process.join(Duration.ZERO)).isFalse();

      process.terminate();
      assertThat(process.join(FeatureRig.PATIENCE)).isTrue();
      assertThat(process.exitCode()).hasValue(ExitCode.OK);
      assertThat(remote.join(FeatureRig.PATIENCE)).isTrue();
      assertThat(Files.readString(folder.resolve("term.out"))).contains(FeatureRig.CONNECTED);
    } finally {
      process.kill();
    }
  }

  @Test
  void shouldEndAWorkerThroughTheMaster() throws Exception {
    WorkerProcess process = start("remote");
    try {
      RemoteWorker remote = remote("remote");
      remote.kill();
      assertThat(remote.join(FeatureRig.PATIENCE)).isTrue();
      assertThat(remote.isAlive()).isFalse();
      assertThat(process.join()).isEqualTo(ExitCode.KILLED);
    } finally {
      process.kill();
    }
  }

  @Test
  void shouldKillAProcess() throws Exception {
    WorkerProcess process = WorkerProcess.main(Sleeper.class).start();
    process.kill();
    assertThat(process.onExit().get()).isSameAs(process);
    assertThat(process.exitCode()).hasValue(137);
    assertThat(process.isDaemon()).isFalse();
  }

  @Test
  void shouldEndADaemonWhenItsParentIsKilled() {
    try (JarProcess parent =
        JarProcess.startCommand(
            Map.of(),
            folder,
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName()))) {
      ProcessHandle daemon =
          ProcessHandle.of(Long.parseLong(parent.awaitOut("daemon (\\d+)").group(1))).orElseThrow();
      parent.awaitOut("sleeps"); // the daemon's own word: it runs
      assertThat(daemon.isAlive()).isTrue();
      parent.kill();
      FeatureRig.until("the daemon ends with its parent", () -> !daemon.isAlive());
    }
  }

  /** Starts a daemon and waits for ever. */
  static final class Parent {
    private Parent() {}

    public static void main(String[] args) throws InterruptedException {
      WorkerProcess daemon = WorkerProcess.main(Sleeper.class).daemon(true).start();
      System.out.println("daemon " + daemon.pid());
      daemon.join();
    }
  }

  /** Does nothing for ever. */
  static final class Sleeper {
    private Sleeper() {}

    public static void main(String[] args) throws InterruptedException {
      System.out.println("sleeps");
      Thread.sleep(Long.MAX_VALUE);
    }
  }
}
