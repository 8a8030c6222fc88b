package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The {@code muster} script, copied into a folder of the test's own. */
class ScriptIT {
  private static final String JAVA_HOME = System.getProperty("java.home");
  private static final Path SCRIPT = Path.of(System.getProperty("muster.root", ".."), "muster");
  @TempDir private Path folder;
  private Path root;
  private Path script;

  @BeforeEach
  void copyScript() throws IOException {
    root = Files.createDirectory(folder.resolve("a folder"));
    script = Files.copy(SCRIPT, root.resolve("muster"));
  }

  @Test
  void shouldRunFromAnywhereThroughALinkAndStartFastTheSecondTime() throws IOException {
    withJar();
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Path link =
        Files.createSymbolicLink(bin.resolve("muster"), Path.of("..", "a folder", "muster"));

    CommandRun first = run(link, Map.of(), "version");
    CommandRun second = run(link, Map.of(), "version");

    assertThat(first.out()).startsWith("muster ");
    assertThat(first.errLines()).singleElement().asString().contains("preparing fast starts");
    assertThat(archive()).isNotEmptyFile();
    assertThat(second).isEqualTo(new CommandRun(0, first.out(), ""));
  }

  @Test
  void shouldPassOverAnArchiveThatDoesNotFit() throws IOException {
    withJar();
    assertThat(run(script, Map.of(), "version").exitCode()).isZero();
    Path archive = archive();
    Files.delete(archive);
    Files.writeString(archive, "made by another Java");

    assertThat(run(script, Map.of(), "version").err()).isEmpty();
  }

  @Test
  void shouldMakeNoArchiveWhenThatIsOff() throws IOException {
    withJar();

    CommandRun run = run(script, Map.of("MUSTER_CDS", "off"), "version");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(root).isDirectoryNotContaining("glob:**.jsa");
  }

  @Test
  void shouldPassArgumentsAndExitCodesThrough() throws IOException {
    withJar();

    CommandRun run =
        run(script, Map.of("MUSTER_CDS", "off"), "put", "--queue", "a", "two words", "*");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.errLines()).singleElement().asString().contains("value 1, column");
  }

  @Test
  void shouldSayWhichJavaIsNeeded() throws IOException {
    Path old = Files.createDirectories(folder.resolve("jdk-11"));
    executable(Files.createDirectory(old.resolve("bin")).resolve("java"));
    Files.writeString(old.resolve("release"), "IMPLEMENTOR=\"Example\"\nJAVA_VERSION=\"11.0.2\"\n");

    assertStops("Java 17 or newer is needed, found 11.0.2", Map.of("JAVA_HOME", old.toString()));
    assertStops("there is no bin/java in it", Map.of("JAVA_HOME", "/nowhere"));
    assertStops("there is no java on the PATH", Map.of("JAVA_HOME", "", "PATH", "/nowhere"));
  }

  @Test
  void shouldSayWhatBuildingNeeds() throws IOException {
    assertStops("there is no pom.xml", Map.of());
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    assertStops("building needs Maven", Map.of("PATH", "/nowhere"));

    Path runtime = Files.createDirectories(folder.resolve("jre-17"));
    executable(Files.createDirectory(runtime.resolve("bin")).resolve("java"));
    Files.writeString(runtime.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
    assertStops("a runtime without compiler", Map.of("JAVA_HOME", runtime.toString()));
  }

  private void assertStops(String expected, Map<String, String> environment) {
    CommandRun run = run(script, environment, "version");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.errLines()).singleElement().asString().startsWith("muster: ").contains(expected);
  }

  private void withJar() throws IOException {
    Files.createSymbolicLink(root.resolve("muster.jar"), JarProcess.JAR);
  }

  private Path archive() throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files.filter(file -> file.toString().endsWith(".jsa")).findFirst().orElseThrow();
    }
  }

  private CommandRun run(Path script, Map<String, String> environment, String... args) {
    Map<String, String> all = new HashMap<>(Map.of("JAVA_HOME", JAVA_HOME));
    all.putAll(environment);
    List<String> command = new ArrayList<>(List.of("/bin/sh", script.toString()));
    command.addAll(List.of(args));
    try (JarProcess process = JarProcess.startCommand(all, folder, command)) {
      return process.awaitEnd();
    }
  }

  private static void executable(Path file) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }
}
