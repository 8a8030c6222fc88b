package dev.muster.worker;

import dev.muster.common.InvalidInputException;
import dev.muster.worker.child.v1.Begin;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a process of a worker's handlers loads.
 *
 * @param inWorker names of the handlers that run in the worker all the same
 * @param inWorkerFirst what is run on the slots' threads before them
 */
record ChildProgram(Begin begin, Set<String> inWorker, List<Initializer> inWorkerFirst) {
  /**
   * @param names of all handlers
   * @param classes those that have a class of their own, by name
   * @throws InvalidInputException when one cannot be made in another process
   */
  static ChildProgram of(
      Collection<String> names, Map<String, TaskHandler<?>> classes, ChildSettings settings) {
    Begin.Builder begin =
        Begin.newBuilder().setRecycleHeapBytes(settings.options().recycleHeapBytes());
    Set<String> inWorker = new HashSet<>();
    List<Initializer> inWorkerFirst = new ArrayList<>();
    Set<ClassLoader> loaders = new HashSet<>();
    for (String name : names) {
      TaskHandler<?> handler = classes.get(name);
      if (handler == null) {
        throw new InvalidInputException(
            "handler \""
                + name
                + "\" is a function of this process and cannot run in another one: make it a class"
                + " that implements "
                + TaskHandler.class.getName()
                + " and add it with handler(...), or choose another isolation");
      }
      if (handler instanceof RunsInWorker) {
        inWorker.add(name);
        inWorkerFirst.add(handler::initialize);
        continue;
      }
      begin.addHandlers(loadable("handler \"" + name + "\"", handler.getClass()));
      addPath(handler.getClass(), loaders, begin);
    }
    for (Runnable initializer : settings.initializers()) {
      begin.addInitializers(loadable("an initializer", initializer.getClass()));
      addPath(initializer.getClass(), loaders, begin);
    }
    settings.nonRetryable().forEach(type -> begin.addNonRetryable(type.getName()));
    return new ChildProgram(begin.build(), Set.copyOf(inWorker), List.copyOf(inWorkerFirst));
  }

  private static String loadable(String what, Class<?> type) {
    try {
      if (!type.isHidden()) {
        return type.getDeclaredConstructor().getDeclaringClass().getName();
      }
    } catch (NoSuchMethodException none) {
      // told below
    }
    throw new InvalidInputException(
        what
            + " is a "
            + type.getName()
            + ", which another process cannot make: expected a class with a public constructor"
            + " without parameters");
  }

  /** What the process's own class path lacks. */
  private static void addPath(Class<?> type, Set<ClassLoader> seen, Begin.Builder begin) {
    if (type.getClassLoader() instanceof URLClassLoader loader && seen.add(loader)) {
      for (URL url : loader.getURLs()) {
        begin.addClassPath(url.toString());
      }
    }
  }
}
