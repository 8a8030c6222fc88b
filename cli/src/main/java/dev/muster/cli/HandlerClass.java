package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import dev.muster.worker.TaskHandler;
import java.lang.reflect.InvocationTargetException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A class that is named as a handler, and everything that can be wrong with it in one sentence.
 *
 * @param name as Java calls it, e.g. example.Greet
 * @param loader finds it, and all that it needs
 */
record HandlerClass(String name, ClassLoader loader) {
  private static final Pattern CLASS_FILE_VERSION = Pattern.compile("class file version (\\d+)\\.");

  /** A class file's version is that of its Java and so many. */
  private static final int CLASS_FILE_OFFSET = 44;

  /**
   * Loads and makes it.
   *
   * @throws InvalidInputException when that does not work; the message says why
   */
  TaskHandler<?> make() {
    try {
      Class<?> type = Class.forName(name, false, loader);
      if (!TaskHandler.class.isAssignableFrom(type)) {
        throw wrong(
            "is no handler: it must implement "
                + TaskHandler.class.getName()
                + ", or not be named in "
                + HandlerPath.SERVICES,
            null);
      }
      return checked((TaskHandler<?>) type.getConstructor().newInstance());
    } catch (ClassNotFoundException e) {
      throw wrong(
          "is named in "
              + HandlerPath.SERVICES
              + " and is not on --classpath: compile it there, or correct the name",
          e);
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
      throw wrong("must be a public class with a public constructor without parameters", e);
    } catch (InvocationTargetException e) {
      throw threw("its constructor", e.getCause() == null ? e : e.getCause());
    } catch (LinkageError e) {
      throw threw("loading it", e);
    }
  }

  /** What it says of itself is asked for once here: a worker that runs must not fall over it. */
  private TaskHandler<?> checked(TaskHandler<?> handler) {
    String called;
    Object payload;
    try {
      called = handler.name();
      payload = handler.payload();
    } catch (RuntimeException | LinkageError e) {
      throw threw("name() or payload()", e);
    }
    if (called == null || payload == null) {
      throw wrong((called == null ? "name()" : "payload()") + " returned null", null);
    }
    return handler;
  }

  private InvalidInputException threw(String where, Throwable thrown) {
    Throwable cause =
        thrown instanceof ExceptionInInitializerError && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    if (cause instanceof UnsupportedClassVersionError newer) {
      return wrong(newerJava(newer), cause);
    }
    if (cause instanceof NoClassDefFoundError) {
      return wrong(
          "needs class "
              + String.valueOf(cause.getMessage()).replace('/', '.')
              + ", which is not on --classpath: add the jar that has it",
          cause);
    }
    return wrong("cannot be used: " + where + " threw " + cause, cause);
  }

  private static String newerJava(UnsupportedClassVersionError newer) {
    String message = String.valueOf(newer.getMessage());
    Matcher version = CLASS_FILE_VERSION.matcher(message);
    int runs = Runtime.version().feature();
    int needs = version.find() ? Integer.parseInt(version.group(1)) - CLASS_FILE_OFFSET : 0;
    return needs <= runs
        ? "does not run on Java " + runs + ": " + message
        : "needs Java %d, and this worker runs on Java %d: compile it with --release %d, or start the worker with Java %d"
            .formatted(needs, runs, runs, needs);
  }

  private InvalidInputException wrong(String what, @Nullable Throwable cause) {
    String message = "handler class " + name + " " + what;
    return cause == null
        ? new InvalidInputException(message)
        : new InvalidInputException(message, cause);
  }
}
