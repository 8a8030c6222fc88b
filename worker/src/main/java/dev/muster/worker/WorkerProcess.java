package dev.muster.worker;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.QuietJava;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A worker in a JVM of its own on this host, as {@code multiprocessing.Process} is in Python: with
 * this program's class path, and its environment, so that the auth key in {@code MUSTER_AUTH_KEY}
 * is there, too.
 *
 * <pre>{@code
 * WorkerProcess worker =
 *     WorkerProcess.muster("--queue", "tasks", "--slots", "4").daemon(true).start();
 * ...
 * worker.terminate();
 * if (!worker.join(Duration.ofMinutes(1))) {
 *   worker.kill();
 * }
 * }</pre>
 *
 * <p>Workers on other hosts can be asked the same: {@link dev.muster.client.RemoteWorker}.
 * Thread-safe.
 */
public final class WorkerProcess {
  private static final String MUSTER_MAIN = "dev.muster.cli.Main";
  private static final AtomicInteger STARTED = new AtomicInteger();

  private final String name;
  private final boolean daemon;
  private final Process process;

  private WorkerProcess(String name, boolean daemon, Process process) {
    this.name = name;
    this.daemon = daemon;
    this.process = process;
  }

  /**
   * The {@code muster worker} command; {@code muster.jar} must be on the class path.
   *
   * @param options as on its command line, such as "--queue", "tasks"
   * @throws InvalidInputException when the command is not on the class path
   */
  public static Builder muster(String... options) {
    return new Builder(requireCommand(MUSTER_MAIN), true, List.of(options));
  }

  static String requireCommand(String main) {
    try {
      var unused = Class.forName(main, false, WorkerProcess.class.getClassLoader());
      return main;
    } catch (ClassNotFoundException e) {
      throw new InvalidInputException(
          "the muster command ("
              + main
              + ") is not on the class path: add muster.jar, or name a main class of your own",
          e);
    }
  }

  /**
   * A main class of the class path, which starts a {@link Worker}, say, and waits for its end. Lets
   * it drain when it is asked to end if it calls {@link Worker#drainOnShutdown}.
   *
   * @throws InvalidInputException when it has no {@code public static void main(String[])}
   */
  public static Builder main(Class<?> main, String... arguments) {
    boolean runs;
    try {
      runs = Modifier.isStatic(main.getMethod("main", String[].class).getModifiers());
    } catch (NoSuchMethodException e) {
      runs = false;
    }
    if (!runs) {
      throw new InvalidInputException(
          main.getName() + " has no public static void main(String[]): name a class that has one");
    }
    return new Builder(main.getName(), false, List.of(arguments));
  }

  /** What it is called here; a {@code muster worker} that was given a name says it to others. */
  public String name() {
    return name;
  }

  /** Whether it ends with this JVM. */
  public boolean isDaemon() {
    return daemon;
  }

  /** The number of the process. */
  public long pid() {
    return process.pid();
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * What it ended with; empty while it runs. After a signal, for a JVM that does not handle it, 128
   * and the signal's number: 137 after {@link #kill}.
   */
  public OptionalInt exitCode() {
    return process.isAlive() ? OptionalInt.empty() : OptionalInt.of(process.exitValue());
  }

  /** Waits until it has ended; returns its exit code. */
  @CanIgnoreReturnValue
  public int join() throws InterruptedException {
    return process.waitFor();
  }

  /**
   * Waits until it has ended, at most so long.
   *
   * @return false: it still runs
   */
  public boolean join(Duration timeout) throws InterruptedException {
    return process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Asks it to end, by SIGTERM: a {@code muster worker} takes no more tasks, finishes what it runs
   * and gives the others back. Returns at once. On Windows, which has no such signal, as {@link
   * #kill}.
   */
  public void terminate() {
    process.destroy();
  }

  /**
   * Ends it at once, by SIGKILL. What it ran goes to others when the master misses it, and counts
   * as a crash of its task; {@link dev.muster.client.RemoteWorker#kill} gives it back.
   */
  public void kill() {
    var unused = process.destroyForcibly();
  }

  /** Is complete when it has ended. */
  public CompletableFuture<WorkerProcess> onExit() {
    return process.onExit().thenApply(ended -> this);
  }

  @Override
  public String toString() {
    return name + " (process " + pid() + ")";
  }

  /** Settings of a worker process. For one thread. */
  public static final class Builder {
    private final String main;
    private final boolean isMuster;
    private final List<String> arguments;
    private final List<String> jvmOptions = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private @Nullable String name;
    private @Nullable Path output;
    private boolean daemon;

    private Builder(String main, boolean isMuster, List<String> arguments) {
      this.main = main;
      this.isMuster = isMuster;
      this.arguments = arguments;
    }

    /** For people; "WorkerProcess-1" and so on by default. */
    @CanIgnoreReturnValue
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /**
     * Whether it ends when this JVM has ended, however that ends, by SIGKILL too: then it is asked
     * to end as by {@link #terminate}. False by default: it lives on. What a daemon reads from its
     * standard input is empty.
     */
    @CanIgnoreReturnValue
    public Builder daemon(boolean daemon) {
      this.daemon = daemon;
      return this;
    }

    /** An option of its JVM, such as "-Xmx512m"; none by default. */
    @CanIgnoreReturnValue
    public Builder jvmOption(String option) {
      jvmOptions.add(option);
      return this;
    }

    /** An environment variable, in addition to those of this JVM. */
    @CanIgnoreReturnValue
    public Builder environment(String variable, String value) {
      environment.put(variable, value);
      return this;
    }

    /** Appends what it writes to this file; by default it goes where that of this JVM goes. */
    @CanIgnoreReturnValue
    public Builder output(Path file) {
      output = file;
      return this;
    }

    /**
     * Starts the process.
     *
     * @throws MusterException when the system does not let it start
     */
    public WorkerProcess start() {
      ProcessBuilder builder = new ProcessBuilder(command());
      builder.environment().putAll(environment);
      if (output == null) {
        builder
            .redirectOutput(ProcessBuilder.Redirect.INHERIT)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
      } else {
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
      }
      try {
        Process process = builder.start();
        if (!daemon) {
          process.getOutputStream().close();
        } // else nobody writes: the system closes it when this JVM ends
        String named = name == null ? "WorkerProcess-" + STARTED.incrementAndGet() : name;
        return new WorkerProcess(named, daemon, process);
      } catch (IOException e) {
        throw new MusterException("a worker process did not start: " + e.getMessage(), e);
      }
    }

    /** The whole command line. */
    List<String> command() {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      if (isMuster) {
        command.addAll(QuietJava.forWorker());
      }
      command.addAll(jvmOptions);
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      if (isMuster) {
        command.addAll(List.of(main, "worker"));
        if (name != null) {
          command.addAll(List.of("--name", name));
        }
        if (daemon) {
          command.add("--until-input-ends");
        }
      } else {
        if (daemon) {
          command.add(UntilInputEnds.class.getName());
        }
        command.add(main);
      }
      command.addAll(arguments);
      return command;
    }
  }
}
