package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.worker.TaskHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which handlers a class path brings, and the one sentence for each way in which it cannot. */
final class HandlerPathTest {
  @TempDir private Path folder;
  private Path classes = Path.of("");

  @BeforeEach
  void name() {
    classes = folder.resolve("classes");
  }

  private static List<String> names(Path... classPath) {
    return HandlerPath.load(List.of(classPath)).stream().map(TaskHandler::name).sorted().toList();
  }

  private static void assertRefused(String expected, Path... classPath) {
    assertThatThrownBy(() -> HandlerPath.load(List.of(classPath)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(expected);
  }

  @Test
  void shouldFindHandlersInFoldersAndJarsBesideTheBuiltInOne() {
    UserHandlers.handler(classes, "Greet", "greet", "hello");
    UserHandlers.name(classes, "# a comment", "", "example.Greet # another", "example.Greet");
    Path other = folder.resolve("other");
    UserHandlers.handler(other, "Part", "part", "bye");
    Path jar = UserHandlers.jar(UserHandlers.name(other, "example.Part"), folder.resolve("o.jar"));

    assertThat(names(classes, jar)).containsExactly("greet", "part", "square");
    assertThat(names()).containsExactly("square");
  }

  @Test
  void shouldPutAUsersHandlerInThePlaceOfTheBuiltInOne() {
    UserHandlers.handler(classes, "Mine", "square", "mine");
    UserHandlers.name(classes, "example.Mine");

    assertThat(HandlerPath.load(List.of(classes)))
        .singleElement()
        .extracting(handler -> handler.getClass().getName())
        .isEqualTo("example.Mine");
  }

  @Test
  void shouldSayThatAPartIsMissingOrIsNoJar() throws IOException {
    Path text = Files.writeString(folder.resolve("Greet.java"), "class Greet {}");

    assertRefused("none.jar does not exist", folder.resolve("none.jar"));
    assertRefused("Greet.java is neither a folder nor a jar", text);
    assertRefused("found no handler on --classpath", Files.createDirectories(classes));
  }

  @Test
  void shouldSayThatANamedClassIsMissing() {
    UserHandlers.name(classes, "example.Missing");

    assertRefused(
        "handler class example.Missing is named in META-INF/services/dev.muster.worker.TaskHandler"
            + " and is not on --classpath",
        classes);
  }

  @Test
  void shouldSayThatANamedClassIsNoHandler() {
    UserHandlers.compile(classes, "Other", "package example; public class Other {}");
    UserHandlers.name(classes, "example.Other");

    assertRefused(
        "handler class example.Other is no handler: it must implement dev.muster.worker.TaskHandler",
        classes);
  }

  @Test
  void shouldSayThatAHandlerNeedsAPublicConstructorWithoutParameters() {
    UserHandlers.handler(classes, "Private", "p", "null", "private Private() {}");
    UserHandlers.name(classes, "example.Private");

    assertRefused(
        "example.Private must be a public class with a public constructor without parameters",
        classes);
  }

  @Test
  void shouldSayWhatAConstructorThrew() {
    UserHandlers.handler(
        classes,
        "Fails",
        "f",
        "null",
        "public Fails() { throw new IllegalStateException(\"DB_URL is not set\"); }");
    UserHandlers.name(classes, "example.Fails");

    assertRefused(
        "example.Fails cannot be used: its constructor threw java.lang.IllegalStateException: DB_URL is not set",
        classes);
  }

  @Test
  void shouldSayWhatAStaticPartThrew() {
    UserHandlers.handler(
        classes, "Fails", "f", "null", "static final int N = Integer.parseInt(\"none\");");
    UserHandlers.name(classes, "example.Fails");

    assertRefused("example.Fails cannot be used: loading it threw", classes);
    assertRefused("NumberFormatException: For input string: \"none\"", classes);
  }

  @Test
  void shouldSayWhichJavaAHandlerNeedsAndWhichRuns() {
    UserHandlers.handler(classes, "Newer", "n", "1");
    UserHandlers.compiledFor(classes.resolve("example/Newer.class"), 77);
    UserHandlers.name(classes, "example.Newer");
    int runs = Runtime.version().feature();

    assertRefused(
        "handler class example.Newer needs Java 77, and this worker runs on Java %d: compile it with --release %d"
            .formatted(runs, runs),
        classes);
  }

  @Test
  void shouldSayWhichLibraryClassIsMissing() throws IOException {
    UserHandlers.handler(
        classes, "Uses", "u", "null", "final Part part = new Part(); static class Part {}");
    UserHandlers.name(classes, "example.Uses");
    Files.delete(classes.resolve("example/Uses$Part.class"));

    assertRefused(
        "handler class example.Uses needs class example.Uses$Part, which is not on --classpath",
        classes);
  }

  @Test
  void shouldSayThatAHandlerHasNoName() {
    UserHandlers.compile(
        classes,
        "Unnamed",
        """
        package example;

        import dev.muster.common.codec.*;
        import dev.muster.worker.*;

        public class Unnamed implements TaskHandler<String> {
          public String name() { return null; }
          public Codec<String> payload() { return Codecs.json(String.class); }
          public Object run(String value, TaskContext context) { return value; }
        }
        """);
    UserHandlers.name(classes, "example.Unnamed");

    assertRefused("handler class example.Unnamed name() returned null", classes);
  }

  @Test
  void shouldSayWhichTwoHandlersShareAName() {
    UserHandlers.handler(classes, "One", "same", "1");
    UserHandlers.handler(classes, "Two", "same", "2");
    UserHandlers.name(classes, "example.One", "example.Two");

    assertRefused("two handlers are named 'same': example.One and example.Two", classes);
  }
}
