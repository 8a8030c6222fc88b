package dev.muster.worker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;

/**
 * Runs another main class until standard input ends, which it does when the process that holds its
 * other end is gone: for a worker that must not outlive its parent.
 */
final class UntilInputEnds {
  /** As after a SIGTERM, which the end of the parent stands for. */
  private static final int EXIT_CODE = 143;

  /** What shutdown hooks may take; a worker drains for at most 30 s. */
  private static final Duration END_WITHIN = Duration.ofSeconds(60);

  private UntilInputEnds() {}

  /**
   * Runs the class that the arguments name.
   *
   * @param args name of the main class, then its arguments
   */
  public static void main(String[] args) throws Exception {
    InputStream in = System.in;
    System.setIn(InputStream.nullInputStream());
    daemon("muster-input-watcher", () -> endWith(in));
    Method main = Class.forName(args[0]).getMethod("main", String[].class);
    main.setAccessible(true); // of a class that is not public, as this one
    try {
      main.invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof Exception thrown) {
        throw thrown;
      }
      if (e.getCause() instanceof Error thrown) {
        throw thrown;
      }
      throw e;
    }
  }

  private static void endWith(InputStream in) {
    try {
      var unused = in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException closed) {
      // an end as good as any
    }
    daemon("muster-end-watchdog", UntilInputEnds::haltLater);
    System.exit(EXIT_CODE);
  }

  private static void haltLater() {
    try {
      Thread.sleep(END_WITHIN.toMillis());
    } catch (InterruptedException e) {
      return;
    }
    Runtime.getRuntime().halt(EXIT_CODE);
  }

  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }
}
