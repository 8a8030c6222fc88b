package dev.muster.cli;

import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.worker.TaskHandler;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The handlers of a class path whose files change: loads them again when the files have changed and
 * are quiet, which is when two looks in a row find the same.
 *
 * <p>It looks, where it could have itself told: a file system's messages do not come from network
 * and container mounts, and get lost when a build removes the folder that is watched.
 *
 * <p>Handlers are loaded from a copy, so that one that runs can still load a class of its own when
 * the files are others by then. Copies go with this object. One thread looks.
 */
final class HandlerReload implements AutoCloseable {
  private static final long LOOK_MS = 500;

  private final List<Path> classPath;
  private final Consumer<String> tell;
  private final TemporaryFolder copies;
  private final ScheduledExecutorService looks =
      Executors.newSingleThreadScheduledExecutor(HandlerReload::daemon);
  private FileStamps loaded;
  private FileStamps seen;
  private int copied;

  private HandlerReload(List<Path> classPath, TemporaryFolder copies, Consumer<String> tell) {
    this.classPath = List.copyOf(classPath);
    this.copies = copies;
    this.tell = tell;
    this.loaded = FileStamps.of(classPath);
    this.seen = loaded;
  }

  /**
   * @param tell hears, in a line, of each time that the handlers are loaded again, or why they are
   *     not
   * @throws InvalidInputException when there is no class path
   */
  static HandlerReload of(List<Path> classPath, Consumer<String> tell) {
    if (classPath.isEmpty()) {
      throw new InvalidInputException(
          "--dev reloads the handlers of a class path: name it with --classpath");
    }
    try {
      return new HandlerReload(classPath, TemporaryFolder.create("muster-handlers-"), tell);
    } catch (IOException e) {
      throw new MusterException("cannot make a folder for copies of handlers: " + e, e);
    }
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "muster-handler-reload");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Loads the handlers as the files are now.
   *
   * @throws InvalidInputException as {@link HandlerPath#load}
   */
  Collection<TaskHandler<?>> load() {
    classPath.forEach(HandlerPath::check);
    List<Path> copy = new ArrayList<>();
    Path folder = copies.path().resolve(Integer.toString(copied++));
    try {
      for (Path part : classPath) {
        Path to = folder.resolve(copy.size() + "-" + part.toAbsolutePath().getFileName());
        copy(part, to);
        copy.add(to);
      }
    } catch (IOException e) {
      throw new InvalidInputException("the class path cannot be copied: " + e, e);
    }
    return HandlerPath.loadFrom(copy, classPath);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to.getParent());
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes found)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(folder)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes found)
              throws IOException {
            Files.copy(file, file.equals(from) ? to : to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** From here on looks twice a second, and hands over what it loads. */
  void start(Consumer<Collection<TaskHandler<?>>> use) {
    var unused =
        looks.scheduleWithFixedDelay(() -> look(use), LOOK_MS, LOOK_MS, TimeUnit.MILLISECONDS);
  }

  /** Looks once. */
  void look(Consumer<Collection<TaskHandler<?>>> use) {
    FileStamps now = FileStamps.of(classPath);
    boolean quiet = now.equals(seen);
    seen = now;
    List<Path> changed = now.changedSince(loaded);
    if (!quiet || changed.isEmpty()) {
      return;
    }
    String what =
        changed.get(0) + (changed.size() == 1 ? "" : " and " + (changed.size() - 1) + " more");
    try {
      Collection<TaskHandler<?>> handlers = load();
      if (!FileStamps.of(classPath).equals(now)) {
        return; // they changed under the copy: the next looks see to it
      }
      use.accept(handlers);
      tell.accept(
          "reloaded handlers %s: %s changed"
              .formatted(
                  String.join(" ", handlers.stream().map(TaskHandler::name).sorted().toList()),
                  what));
    } catch (MusterException e) {
      tell.accept("keeps its handlers, %s changed: %s".formatted(what, e.getMessage()));
    } catch (RuntimeException | LinkageError e) { // a user's class can throw anything
      tell.accept("keeps its handlers, %s changed: %s".formatted(what, e));
    }
    loaded = now;
  }

  @Override
  public void close() {
    looks.shutdownNow();
    try {
      copies.close();
    } catch (IOException e) {
      // left in the folder for temporary files
    }
  }
}
