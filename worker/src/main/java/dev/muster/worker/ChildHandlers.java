package dev.muster.worker;

import dev.muster.common.MusterException;
import dev.muster.worker.child.v1.Begin;
import java.io.PrintStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The handlers of a process, loaded by the names that its worker gives. For the handler thread. */
final class ChildHandlers {
  private final HandlerTable table;
  private final SlotRunner runner;
  private final long recycleHeapBytes;

  private ChildHandlers(HandlerTable table, List<Initializer> initializers, long recycleHeapBytes) {
    this.table = table;
    this.runner =
        new ThreadRunner(initializers, task -> table.run(task.offer(), task.index(), task));
    this.recycleHeapBytes = recycleHeapBytes;
  }

  /**
   * Makes them and runs their initializers.
   *
   * @throws MusterException when one cannot be made
   */
  static ChildHandlers load(Begin begin) {
    ClassLoader loader = loader(begin);
    Map<String, HandlerTable.Bound<?>> handlers = new HashMap<>();
    List<Initializer> initializers = new ArrayList<>();
    for (String name : begin.getInitializersList()) {
      Runnable initializer = make(name, Runnable.class, loader);
      initializers.add(initializer::run);
    }
    for (String name : begin.getHandlersList()) {
      TaskHandler<?> handler = make(name, TaskHandler.class, loader);
      handlers.put(handler.name(), bound(handler));
      initializers.add(handler::initialize);
    }
    List<Class<? extends Throwable>> nonRetryable = new ArrayList<>();
    for (String name : begin.getNonRetryableList()) {
      nonRetryable.add(type(name, loader).asSubclass(Throwable.class));
    }
    var unused = EncodedValue.of(Map.of("warm", 1)); // or the first task would wait for it
    return new ChildHandlers(
        new HandlerTable(handlers, nonRetryable), initializers, begin.getRecycleHeapBytes());
  }

  private static <T> HandlerTable.Bound<T> bound(TaskHandler<T> handler) {
    return new HandlerTable.Bound<>(handler.payload(), handler::run);
  }

  private static ClassLoader loader(Begin begin) {
    ClassLoader own = ChildHandlers.class.getClassLoader();
    if (begin.getClassPathCount() == 0) {
      return own;
    }
    URL[] urls = begin.getClassPathList().stream().map(ChildHandlers::url).toArray(URL[]::new);
    return new URLClassLoader("handlers", urls, own);
  }

  private static URL url(String text) {
    try {
      return URI.create(text).toURL();
    } catch (MalformedURLException e) {
      throw new MusterException("a part of the class path is no URL: " + text, e);
    }
  }

  private static Class<?> type(String name, ClassLoader loader) {
    try {
      return Class.forName(name, true, loader);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new MusterException(name + " cannot be loaded in a process of its own: " + e, e);
    }
  }

  private static <T> T make(String name, Class<T> kind, ClassLoader loader) {
    Class<?> type = type(name, loader);
    try {
      var constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true); // it may be of a class that only its package sees
      return kind.cast(constructor.newInstance());
    } catch (ReflectiveOperationException | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new MusterException(name + " cannot be made in a process of its own: " + cause, cause);
    }
  }

  /** Runs a task; an Error of the handler is a failure too, but for a lack of memory. */
  Outcome run(TaskContext task, PrintStream errors) {
    try {
      return runner.run(task);
    } catch (OutOfMemoryError e) { // Java ends the process by itself, but not when code threw it
      errors.println(e);
      Runtime.getRuntime().halt(ExitCause.OUT_OF_MEMORY_CODE);
      throw e;
    } catch (Throwable e) {
      return table.thrown(e);
    }
  }

  /** Whether more heap is in use than should be, after all garbage is gone. */
  boolean isWorn() {
    if (recycleHeapBytes == 0 || usedBytes() <= recycleHeapBytes) {
      return false;
    }
    System.gc();
    return usedBytes() > recycleHeapBytes;
  }

  private static long usedBytes() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
