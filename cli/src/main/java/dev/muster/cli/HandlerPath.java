package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import dev.muster.worker.TaskHandler;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Finds the handlers of a worker: the built-in ones, and those of the user's jars and folders. */
final class HandlerPath {
  private HandlerPath() {}

  /**
   * Loads them. The class loader stays open: handlers load further classes while they run. A
   * handler of the user's takes the place of a built-in one of the same name.
   *
   * @throws InvalidInputException when a part is missing or has no handler, when a handler cannot
   *     be made, or two have one name
   */
  static Collection<TaskHandler<?>> load(List<Path> classPath) {
    Map<String, TaskHandler<?>> handlers = new LinkedHashMap<>();
    if (!classPath.isEmpty()) {
      for (TaskHandler<?> handler : find(classPath)) {
        TaskHandler<?> other = handlers.putIfAbsent(handler.name(), handler);
        if (other != null) {
          throw new InvalidInputException(
              "two handlers are named '%s': %s and %s; rename one"
                  .formatted(
                      handler.name(), other.getClass().getName(), handler.getClass().getName()));
        }
      }
      if (handlers.isEmpty()) {
        throw new InvalidInputException(
            "found no handler on --classpath "
                + classPath
                + "; name its class in META-INF/services/"
                + TaskHandler.class.getName());
      }
    }
    handlers.putIfAbsent(SquareHandler.NAME, new SquareHandler());
    return handlers.values();
  }

  private static List<TaskHandler<?>> find(List<Path> classPath) {
    URL[] urls = classPath.stream().map(HandlerPath::url).toArray(URL[]::new);
    URLClassLoader loader =
        new URLClassLoader("handlers", urls, TaskHandler.class.getClassLoader());
    List<TaskHandler<?>> found = new ArrayList<>();
    try {
      for (TaskHandler<?> handler : ServiceLoader.load(TaskHandler.class, loader)) {
        found.add(handler);
      }
    } catch (ServiceConfigurationError | LinkageError wrong) {
      throw new InvalidInputException("a handler cannot be loaded: " + wrong.getMessage(), wrong);
    }
    return found;
  }

  private static URL url(Path part) {
    if (!Files.exists(part)) {
      throw new InvalidInputException("--classpath " + part + " does not exist");
    }
    try {
      return part.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new InvalidInputException("--classpath " + part + " has no URL: " + e.getMessage(), e);
    }
  }
}
