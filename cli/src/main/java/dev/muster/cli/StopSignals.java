package dev.muster.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * SIGTERM and SIGINT as an event: the first one asks for a clean stop, the second one ends the
 * process at once.
 *
 * <p>The JVM's own answer to SIGTERM ends with exit code 143 whatever its hooks do, and ignores the
 * second signal. The class that changes this ({@code sun.misc.Signal}) is supported but not part of
 * Java SE, so it is used by reflection; where it is missing, a shutdown hook takes its place.
 * Thread-safe.
 */
final class StopSignals {
  private static final int EXIT_WHEN_STOPPED_TWICE = 130;

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch done = new CountDownLatch(1);
  private final AtomicInteger signals = new AtomicInteger();

  private StopSignals() {}

  /** Takes over both signals for the rest of the process's life. */
  static StopSignals install() {
    StopSignals stop = new StopSignals();
    try {
      stop.handle("TERM");
      stop.handle("INT");
    } catch (ReflectiveOperationException | IllegalArgumentException missing) {
      Runtime.getRuntime().addShutdownHook(new Thread(stop::stopInHook, "muster-stop-hook"));
    }
    return stop;
  }

  /** Waits until someone asks for a stop. */
  void await() throws InterruptedException {
    asked.await();
  }

  /** Waits at most so long until someone asks for a stop; returns whether someone has. */
  boolean await(Duration limit) {
    try {
      return asked.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Runs an action, once, on a thread of its own, when someone asks for a stop. */
  void whenAsked(Runnable action) {
    Thread waiter =
        new Thread(
            () -> {
              try {
                asked.await();
              } catch (InterruptedException e) {
                return;
              }
              action.run();
            },
            "muster-stop");
    waiter.setDaemon(true);
    waiter.start();
  }

  /** Asks for a stop, as a signal does. */
  void ask() {
    asked.countDown();
  }

  /**
   * Ends the process with exit code 1 when it still runs after this time: what is acknowledged is
   * on disk, so a stop that hangs is worth less than an end.
   */
  void haltAfter(Duration limit, Terminal terminal) {
    Thread watchdog =
        new Thread(
            () -> {
              try {
                Thread.sleep(limit.toMillis());
              } catch (InterruptedException e) {
                return;
              }
              terminal.note(
                  "did not stop within " + limit.toMillis() + " ms: ended without waiting longer");
              Runtime.getRuntime().halt(ExitCode.FAILED);
            },
            "muster-stop-watchdog");
    watchdog.setDaemon(true);
    watchdog.start();
  }

  /** Tells a waiting shutdown hook that everything is put away. */
  void done() {
    done.countDown();
  }

  private void onSignal() {
    if (signals.incrementAndGet() > 1) {
      Runtime.getRuntime().halt(EXIT_WHEN_STOPPED_TWICE);
    }
    ask();
  }

  private void stopInHook() {
    ask();
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void handle(String name) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    InvocationHandler onCall =
        (proxy, method, args) -> {
          switch (method.getName()) {
            case "handle" -> onSignal();
            case "hashCode" -> {
              return System.identityHashCode(proxy);
            }
            case "equals" -> {
              return proxy == args[0];
            }
            case "toString" -> {
              return "StopSignals";
            }
            default -> {}
          }
          return null;
        };
    Object proxy =
        Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, onCall);
    try {
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (java.lang.reflect.InvocationTargetException refused) {
      throw new ReflectiveOperationException(refused);
    }
  }
}
