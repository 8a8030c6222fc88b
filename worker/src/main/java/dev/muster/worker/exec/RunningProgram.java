package dev.muster.worker.exec;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A program from its start to its end, with the threads that move its bytes. For one thread. */
final class RunningProgram {
  /** Between SIGTERM and SIGKILL, ms: less than until the worker gives a handler up. */
  private static final long GRACE_MS = 3_000;

  /** What could not be found of it may hold its output open: not waited for longer. */
  private static final long OUTPUT_ENDS_WITHIN_MS = 500;

  private final Process process;
  private final ProcessTree tree;
  private final CpuWatch cpu;
  private final List<Thread> readers = new ArrayList<>();

  private RunningProgram(Process process, String mark) {
    this.process = process;
    this.tree = new ProcessTree(process.toHandle(), ProcessTree.PROGRAM, mark);
    this.cpu = new CpuWatch(process.toHandle());
  }

  /** Why a program ended. */
  enum End {
    /** By itself. */
    EXITED,
    /** It ran longer than it may. */
    TIMED_OUT,
    /** It was told to. */
    STOPPED
  }

  /**
   * Starts it.
   *
   * @param mark what its environment has as {@link ProcessTree#PROGRAM}
   */
  static RunningProgram start(ProcessBuilder builder, String mark) throws IOException {
    return new RunningProgram(builder.start(), mark);
  }

  Process process() {
    return process;
  }

  /** Reads a stream to its end from now on. */
  void read(ProgramOutput output) {
    readers.add(thread(output::readAll, "output"));
  }

  /** Writes the standard input from now on, and ends it. */
  void write(byte[] input) {
    OutputStream to = process.getOutputStream();
    if (input.length == 0) {
      try {
        to.close();
      } catch (IOException gone) {
        // it ended already, which its exit code tells
      }
      return;
    }
    var unused =
        thread(
            () -> {
              try (to) {
                to.write(input);
              } catch (IOException notRead) {
                // a program need not read all
              }
            },
            "input");
  }

  private Thread thread(Runnable work, String what) {
    Thread thread = new Thread(work, "muster-exec-" + what + "-" + process.pid());
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /**
   * Waits until it has ended, and ends it when it must. An interrupt is a wish to stop. When this
   * returns, nothing of it runs and its output is read.
   *
   * @param stop when done: it must end
   * @param limitMs how long it may run, ms; 0: no limit
   */
  End await(CompletableFuture<?> stop, long limitMs) {
    End end = awaitEnd(stop, limitMs);
    if (end == End.EXITED) {
      tree.killLeftBehind();
    } else {
      tree.terminate();
      awaitUninterruptibly(GRACE_MS);
      tree.kill();
      awaitUninterruptibly(GRACE_MS); // the kernel's time to take it away
    }
    awaitReaders();
    return end;
  }

  private End awaitEnd(CompletableFuture<?> stop, long limitMs) {
    CompletableFuture<Object> either = CompletableFuture.anyOf(process.onExit(), stop);
    long startNanos = System.nanoTime();
    long limitNanos = limitMs > 0 ? TimeUnit.MILLISECONDS.toNanos(limitMs) : Long.MAX_VALUE;
    while (true) {
      long leftNanos = limitNanos - (System.nanoTime() - startNanos);
      if (leftNanos <= 0) {
        return End.TIMED_OUT;
      }
      try {
        either.get(Math.min(leftNanos, cpu.waitNanos()), TimeUnit.NANOSECONDS);
        return process.isAlive() || stop.isDone() ? End.STOPPED : End.EXITED;
      } catch (TimeoutException e) {
        cpu.look();
      } catch (InterruptedException | ExecutionException e) {
        return End.STOPPED;
      }
    }
  }

  /** CPU time that was seen of it and what it started. */
  Duration cpuTime() {
    return cpu.used();
  }

  /** Waits until the whole tree has ended, at most so long; keeps interrupts for later. */
  private void awaitUninterruptibly(long ms) {
    boolean interrupted = false;
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
    for (ProcessHandle each : tree.seen()) {
      while (each.isAlive()) {
        long leftNanos = endNanos - System.nanoTime();
        if (leftNanos <= 0) {
          break;
        }
        try {
          each.onExit().get(leftNanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException | TimeoutException e) {
          break;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitReaders() {
    boolean interrupted = Thread.interrupted();
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(OUTPUT_ENDS_WITHIN_MS);
    for (Thread reader : readers) {
      while (reader.isAlive()) {
        long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
        if (leftMs <= 0) {
          break;
        }
        try {
          reader.join(leftMs);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** After its end. 128 and the signal's number when a signal ended it. */
  int exitCode() {
    return process.exitValue();
  }
}
