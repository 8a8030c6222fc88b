package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code muster worker} as a process against a running master. */
class WorkerIT {
  private static final String READY = "muster worker .*";
  @TempDir private static Path folder;
  private static MasterProcess master;

  @BeforeAll
  static void startMaster() {
    master = MasterProcess.start(folder.resolve("data"), MasterProcess.newKey());
  }

  @AfterAll
  static void stopMaster() {
    master.close();
  }

  @Test
  void shouldSquareAndDrainOnSigterm() {
    try (JarProcess worker =
        JarProcess.start(master.environment(), "worker", "--queue", "square", "--slots", "2")) {
      worker.awaitOut(READY);

      CommandRun put =
          master.run("put", "--queue", "square", "--name", "square", "--await", "3411", "0", "-5");
      worker.terminate();

      assertThat(put.err()).isEmpty();
      assertThat(put.outLines())
          .containsExactly("\"3411 * 3411 = 11634921\"", "\"0 * 0 = 0\"", "\"-5 * -5 = 25\"");
      CommandRun end = worker.awaitEnd();
      assertThat(end.exitCode()).isZero();
      assertThat(end.err()).isEmpty();
    }
  }

  @Test
  void shouldSendResultsToAQueue() {
    try (JarProcess worker = JarProcess.start(master.environment(), "worker", "--queue", "to")) {
      worker.awaitOut(READY);
      master.run("put", "--queue", "to", "--name", "square", "--result-queue", "from", "12");

      assertThat(master.run("take", "--queue", "from", "--timeout", "30s").out())
          .isEqualTo("\"12 * 12 = 144\"\n");
    }
  }

  @Test
  void shouldFailTasksWithAnUnknownHandlerAndLiveOn() {
    try (JarProcess worker =
        JarProcess.start(master.environment(), "worker", "--queue", "unknown")) {
      worker.awaitOut(READY);

      CommandRun unknown =
          master.run("put", "--queue", "unknown", "--name", "cube", "--await", "2");
      CommandRun known =
          master.run("put", "--queue", "unknown", "--name", "square", "--await", "2");

      assertThat(unknown.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(unknown.errLines()).singleElement().asString().contains("cube");
      assertThat(known.out()).isEqualTo("\"2 * 2 = 4\"\n");
    }
  }

  @Test
  void shouldFindHandlersOnItsClassPath() throws IOException {
    Path classes = greetHandler();
    try (JarProcess worker =
        JarProcess.start(
            master.environment(),
            "worker",
            "--queue",
            "greet",
            "--classpath",
            classes.toString())) {
      worker.awaitOut(READY);

      assertThat(
              master
                  .run("put", "--queue", "greet", "--name", "greet", "--await", "\"world\"")
                  .out())
          .isEqualTo("\"Hello, world\"\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"thread", "process"})
  void shouldRunTasksWithChangedHandlersInDevelopment(String isolation) throws IOException {
    String queue = "dev-" + isolation;
    Path classes = folder.resolve(queue);
    UserHandlers.handler(classes, "Word", "word", "first");
    UserHandlers.name(classes, "example.Word");
    try (JarProcess worker =
        JarProcess.start(
            master.environment(),
            "worker",
            "--queue",
            queue,
            "--dev",
            "--isolation",
            isolation,
            "--classpath",
            classes.toString())) {
      worker.awaitOut("muster worker is connected");
      assertThat(word(queue, "word")).isEqualTo("\"first\"\n");

      UserHandlers.name(classes, "example.None");
      worker.awaitOut("muster worker keeps its handlers, .* changed: .*example\\.None.*");
      assertThat(word(queue, "word")).isEqualTo("\"first\"\n");

      UserHandlers.handler(classes, "Word", "other", "second");
      UserHandlers.name(classes, "example.Word");
      worker.awaitOut("muster worker reloaded handlers other square: .*");
      assertThat(word(queue, "other")).isEqualTo("\"second\"\n");
      FeatureRig.until(
          "the master knows the new handler",
          () -> master.run("workers", "--queue", queue, "-o", "json").out().contains("other"));
    }
  }

  private static String word(String queue, String handler) {
    return master.run("put", "--queue", queue, "--name", handler, "--await", "\"\"").out();
  }

  @Test
  void shouldRefuseAClassPathThatCannotWork() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path broken = Files.createDirectories(folder.resolve("broken/META-INF/services"));
    Files.writeString(broken.resolve("dev.muster.worker.TaskHandler"), "example.Missing\n");

    assertRefused("does not exist", folder.resolve("no.jar"));
    assertRefused("found no handler", empty);
    assertRefused("example.Missing", folder.resolve("broken"));
  }

  @Test
  void shouldSayOnceThatTheMasterIsUnreachableAndServeWhenItComes() throws IOException {
    int port = freePort();
    String key = MasterProcess.newKey();
    Map<String, String> environment =
        Map.of("MUSTER_AUTH_KEY", key, "MUSTER_MASTER", "127.0.0.1:" + port);
    try (JarProcess worker =
        JarProcess.start(environment, "worker", "--queue", "late", "--connect-timeout", "200ms")) {
      worker.awaitErr(".*127\\.0\\.0\\.1.*keeps trying.*");

      try (JarProcess late =
          JarProcess.start(
              environment,
              "master",
              "--data",
              folder.resolve("late").toString(),
              "--port",
              Integer.toString(port))) {
        late.awaitOut("muster master ready.*");
        CommandRun put =
            JarProcess.run(
                environment, "put", "--queue", "late", "--name", "square", "--await", "4");

        assertThat(put.out()).isEqualTo("\"4 * 4 = 16\"\n");
        worker.terminate();
        assertThat(
                worker.awaitEnd().errLines().stream().filter(line -> line.contains("keeps trying")))
            .hasSize(1);
      }
    }
  }

  private static void assertRefused(String expected, Path classPath) {
    CommandRun run =
        JarProcess.run(
            master.environment(), "worker", "--queue", "any", "--classpath", classPath.toString());

    assertThat(run.errLines()).singleElement().asString().contains(expected);
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
  }

  /** The handler of docs/workers.md. */
  private static Path greetHandler() throws IOException {
    Path classes = Files.createDirectories(folder.resolve("greet"));
    Path source =
        Files.writeString(
            folder.resolve("Greet.java"),
            Listings.inFile("docs/workers.md", "java", "class Greet"));
    JavaSources.compile(classes, source);
    Path services = Files.createDirectories(classes.resolve("META-INF/services"));
    Files.writeString(services.resolve("dev.muster.worker.TaskHandler"), "example.Greet\n");
    return classes;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
