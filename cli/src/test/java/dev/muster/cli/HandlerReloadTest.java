package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.worker.TaskHandler;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the handlers of {@code muster worker --dev} are loaded again; each look is the test's. */
final class HandlerReloadTest {
  private final List<String> told = new ArrayList<>();
  private final List<Collection<TaskHandler<?>>> used = new ArrayList<>();
  @TempDir private Path folder;
  private Path classes = Path.of("");

  @BeforeEach
  void makeAHandler() {
    classes = folder.resolve("classes");
    UserHandlers.handler(
        classes,
        "Greet",
        "greet",
        "Part.WORD",
        "static class Part { static String WORD = \"old\"; }");
    UserHandlers.name(classes, "example.Greet");
  }

  private HandlerReload reload(Path... classPath) {
    return HandlerReload.of(List.of(classPath), told::add);
  }

  private void change(String name, String result) {
    UserHandlers.handler(classes, "Greet", name, result);
  }

  /** Two looks that find the same. */
  private void looks(HandlerReload reload) {
    reload.look(used::add);
    reload.look(used::add);
  }

  private static List<String> names(Collection<TaskHandler<?>> handlers) {
    return handlers.stream().map(TaskHandler::name).sorted().toList();
  }

  private static Object run(Collection<TaskHandler<?>> handlers, String name) {
    for (TaskHandler<?> handler : handlers) {
      if (handler.name().equals(name)) {
        try {
          return handler
              .getClass()
              .getMethod("run", String.class, dev.muster.worker.TaskContext.class)
              .invoke(handler, "", null);
        } catch (IllegalAccessException | NoSuchMethodException | InvocationTargetException e) {
          throw new LinkageError("handler " + name, e);
        }
      }
    }
    throw new AssertionError("expected a handler " + name);
  }

  @Test
  void shouldLoadAgainWhenChangedFilesAreQuiet() {
    try (HandlerReload reload = reload(classes)) {
      assertThat(names(reload.load())).containsExactly("greet", "square");
      looks(reload);
      assertThat(used).isEmpty();

      change("welcome", "new");
      reload.look(used::add);
      assertThat(used).isEmpty(); // they may still be written
      reload.look(used::add);

      assertThat(names(used.get(0))).containsExactly("square", "welcome");
      assertThat(run(used.get(0), "welcome")).isEqualTo("new");
      assertThat(told).singleElement().asString().startsWith("reloaded handlers square welcome: ");
      assertThat(told.get(0)).contains("Greet.class").endsWith(" changed");
      looks(reload);
      assertThat(used).hasSize(1);
    }
  }

  @Test
  void shouldLetOldHandlersLoadTheirOwnClassesWhenTheFilesAreGone() throws IOException {
    try (HandlerReload reload = reload(classes)) {
      Collection<TaskHandler<?>> old = reload.load();
      Files.delete(classes.resolve("example/Greet$Part.class"));
      change("greet", "new");
      looks(reload);

      assertThat(run(old, "greet")).isEqualTo("old"); // its Part is loaded only now
      assertThat(run(used.get(0), "greet")).isEqualTo("new");
    }
  }

  @Test
  void shouldLoadAgainWhenAJarIsReplaced() {
    Path jar = UserHandlers.jar(classes, folder.resolve("handlers.jar"));
    try (HandlerReload reload = reload(jar)) {
      assertThat(run(reload.load(), "greet")).isEqualTo("old");
      change("greet", "new");
      UserHandlers.jar(classes, jar);
      looks(reload);

      assertThat(run(used.get(0), "greet")).isEqualTo("new");
      assertThat(told.get(0)).contains("handlers.jar changed");
    }
  }

  @Test
  void shouldKeepTheOldHandlersAndSayWhyOnceWhenTheNewOnesDoNotLoad() {
    try (HandlerReload reload = reload(classes)) {
      var unused = reload.load();
      UserHandlers.name(classes, "example.Missing");
      looks(reload);
      looks(reload);

      assertThat(used).isEmpty();
      assertThat(told)
          .singleElement()
          .asString()
          .startsWith("keeps its handlers, ")
          .contains("handler class example.Missing");

      UserHandlers.name(classes, "example.Greet", "");
      looks(reload);
      assertThat(used).hasSize(1);
    }
  }

  @Test
  void shouldWaitForAClassPathThatABuildRemovesAndMakesAnew() throws IOException {
    try (HandlerReload reload = reload(classes)) {
      var unused = reload.load();
      Path away = Files.move(classes, folder.resolve("away"));
      reload.look(used::add);
      assertThat(told).isEmpty();
      reload.look(used::add);
      assertThat(told).singleElement().asString().contains("does not exist");

      Files.move(away, classes);
      change("greet", "new");
      looks(reload);
      assertThat(used).hasSize(1);
    }
  }

  @Test
  void shouldNeedAClassPath() {
    assertThatThrownBy(this::reload)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("--classpath");
  }

  @Test
  void shouldRemoveItsCopies() throws IOException {
    Path copy;
    try (HandlerReload reload = reload(classes)) {
      TaskHandler<?> greet =
          reload.load().stream().filter(h -> h.name().equals("greet")).findFirst().orElseThrow();
      copy =
          Path.of(greet.getClass().getProtectionDomain().getCodeSource().getLocation().getPath());
      assertThat(copy).exists().isNotEqualTo(classes);
    }
    assertThat(copy).doesNotExist();
  }

  @AfterEach
  void sayNothingElse() {
    assertThat(told).hasSizeLessThanOrEqualTo(2);
  }
}
