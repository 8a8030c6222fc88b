package dev.muster.cli;

import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Prints lines that become known later, in the order in which they were added: on a thread of its
 * own, so that input goes on while answers are under way, and an answer shows while input is
 * awaited. One thread adds.
 */
final class OrderedLines implements AutoCloseable {
  private static final int WAITING_LINES_MAX = 1 << 16;
  private static final CompletableFuture<String> END = new CompletableFuture<>();

  private final PrintStream out;
  private final Duration timeout;
  private final BlockingQueue<CompletableFuture<String>> waiting =
      new ArrayBlockingQueue<>(WAITING_LINES_MAX);
  private final Thread printer = new Thread(this::print, "muster-print");
  private volatile @Nullable MusterException failure;

  /** The failure was thrown to the one who adds. */
  private boolean told;

  /**
   * @param timeout how long the next line may take, once everything before it is printed
   */
  OrderedLines(PrintStream out, Duration timeout) {
    this.out = out;
    this.timeout = timeout;
    printer.setDaemon(true);
    printer.start();
  }

  /**
   * Adds a line; waits while too many are unknown.
   *
   * @throws MusterException when an earlier line failed: nothing more will be printed
   */
  void add(CompletableFuture<String> line) {
    try {
      do {
        throwFailure();
      } while (!waiting.offer(line, 100, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  /**
   * Waits until all lines are printed; throws what kept one from being known, unless {@link #add}
   * has thrown it: at the end of a try-with-resources it is on its way then.
   */
  @Override
  public void close() {
    try {
      while (printer.isAlive() && !waiting.offer(END, 100, TimeUnit.MILLISECONDS)) {
        // full: the printer makes room, or ends with a failure
      }
      printer.join();
    } catch (InterruptedException e) {
      throw interrupted();
    }
    if (!told) {
      throwFailure();
    }
  }

  private void throwFailure() {
    MusterException thrown = failure;
    if (thrown != null) {
      told = true;
      throw thrown;
    }
  }

  private void print() {
    try {
      while (true) {
        CompletableFuture<String> line = waiting.poll();
        if (line == null) {
          out.flush();
          line = waiting.take();
        }
        if (line == END) {
          return;
        }
        if (!line.isDone()) {
          out.flush();
        }
        out.println(line.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
      }
    } catch (TimeoutException e) {
      failure =
          new TimedOutException(
              "no further answer within " + timeout.toMillis() + " ms; the tasks go on");
    } catch (ExecutionException | CancellationException e) {
      failure =
          e.getCause() instanceof MusterException ours
              ? ours
              : new MusterException("unforeseen fault: " + e.getCause(), e);
    } catch (InterruptedException e) {
      failure = interrupted();
    } finally {
      out.flush();
    }
  }

  private static MusterException interrupted() {
    Thread.currentThread().interrupt();
    return new MusterException("interrupted; some tasks may have been added without their line");
  }
}
