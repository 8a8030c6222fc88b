package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import dev.muster.worker.TaskHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.jar.JarFile;

/** Finds the handlers of a worker: the built-in ones, and those of the user's jars and folders. */
final class HandlerPath {
  /** Names the handler classes of a jar or folder, one a line, as ServiceLoader has it. */
  static final String SERVICES = "META-INF/services/" + TaskHandler.class.getName();

  private HandlerPath() {}

  /**
   * Loads them. The class loader stays open: handlers load further classes while they run. A
   * handler of the user's takes the place of a built-in one of the same name.
   *
   * @throws InvalidInputException when a part is missing or has no handler, when a handler cannot
   *     be made, or two have one name
   */
  static Collection<TaskHandler<?>> load(List<Path> classPath) {
    classPath.forEach(HandlerPath::check);
    return loadFrom(classPath, classPath);
  }

  /**
   * As {@link #load}, from other files of the same content.
   *
   * @param named what the user calls them
   */
  static Collection<TaskHandler<?>> loadFrom(List<Path> classPath, List<Path> named) {
    Map<String, TaskHandler<?>> handlers = new LinkedHashMap<>();
    if (!classPath.isEmpty()) {
      for (HandlerClass found : find(classPath)) {
        TaskHandler<?> handler = found.make();
        TaskHandler<?> other = handlers.putIfAbsent(handler.name(), handler);
        if (other != null) {
          throw new InvalidInputException(
              "two handlers are named '%s': %s and %s; rename one"
                  .formatted(handler.name(), other.getClass().getName(), found.name()));
        }
      }
      if (handlers.isEmpty()) {
        throw new InvalidInputException(
            "found no handler on --classpath " + named + "; name its class in " + SERVICES);
      }
    }
    handlers.putIfAbsent(SquareHandler.NAME, new SquareHandler());
    return handlers.values();
  }

  /**
   * Looks whether a part can be on a class path; Java itself passes over what cannot.
   *
   * @throws InvalidInputException when it is not there, or neither a folder nor a jar
   */
  static void check(Path part) {
    if (!Files.exists(part)) {
      throw new InvalidInputException("--classpath " + part + " does not exist");
    }
    if (!Files.isDirectory(part)) {
      try (JarFile opened = new JarFile(part.toFile())) {
        // it can be read
      } catch (IOException e) {
        throw new InvalidInputException(
            "--classpath " + part + " is neither a folder nor a jar: " + e.getMessage(), e);
      }
    }
  }

  private static List<HandlerClass> find(List<Path> classPath) {
    URL[] urls = classPath.stream().map(HandlerPath::url).toArray(URL[]::new);
    URLClassLoader loader =
        new URLClassLoader("handlers", urls, TaskHandler.class.getClassLoader());
    Set<String> names = new LinkedHashSet<>(); // a class that is named twice is one handler
    try {
      for (URL list : Collections.list(loader.findResources(SERVICES))) {
        read(list).lines().map(HandlerPath::withoutComment).forEach(names::add);
      }
    } catch (IOException e) {
      throw new InvalidInputException(SERVICES + " cannot be read: " + e.getMessage(), e);
    }
    names.remove("");
    return names.stream().map(name -> new HandlerClass(name, loader)).toList();
  }

  private static String read(URL list) throws IOException {
    URLConnection connection = list.openConnection();
    connection.setUseCaches(false); // the cache would keep the jar open
    try (InputStream in = connection.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String withoutComment(String line) {
    int comment = line.indexOf('#');
    return (comment < 0 ? line : line.substring(0, comment)).strip();
  }

  private static URL url(Path part) {
    try {
      return part.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new InvalidInputException("--classpath " + part + " has no URL: " + e.getMessage(), e);
    }
  }
}
