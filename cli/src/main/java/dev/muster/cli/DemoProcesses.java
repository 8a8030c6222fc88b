package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.AuthKey;
import dev.muster.master.Master;
import dev.muster.master.MasterConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A master in this process, with a fresh key and a temporary data directory, and workers in
 * processes of their own. Closed by its user, or by the end of this process (Ctrl-C); and when this
 * process is killed, its workers see that their input ends, and go.
 */
final class DemoProcesses implements AutoCloseable {
  private final Terminal terminal;
  private final AuthKey key = AuthKey.generate();
  private final List<Process> workers = new ArrayList<>();
  private final Thread hook = new Thread(this::close, "muster-demo-cleanup");
  private @Nullable TemporaryFolder data;
  private @Nullable Master master;
  private int ended;
  private boolean closed;

  private DemoProcesses(Terminal terminal) {
    this.terminal = terminal;
  }

  static DemoProcesses start(Terminal terminal, int workers) {
    DemoProcesses processes = new DemoProcesses(terminal);
    Runtime.getRuntime().addShutdownHook(processes.hook);
    try {
      processes.startAll(workers);
      return processes;
    } catch (IOException e) {
      processes.close();
      throw DemoCommand.cannotGoOn(e.getMessage() == null ? e.toString() : e.getMessage());
    } catch (RuntimeException e) {
      processes.close();
      throw e;
    }
  }

  private synchronized void startAll(int count) throws IOException {
    data = TemporaryFolder.create("muster-demo-");
    master =
        Master.start(
            MasterConfig.builder()
                .data(data.path())
                .host("127.0.0.1")
                .port(0)
                .authKey(key)
                .build());
    for (int i = 1; i <= count; i++) {
      workers.add(startWorker(master.address(), "demo-" + i));
    }
  }

  /** The key goes by the environment: other users of the machine can read command lines. */
  private Process startWorker(String address, String name) throws IOException {
    List<String> command =
        OwnCommand.line(
            "worker",
            "--master",
            address,
            "--queue",
            DemoCommand.TASK_QUEUE,
            "--slots",
            "4",
            "--name",
            name,
            "--until-input-ends");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put(AuthKey.ENVIRONMENT_VARIABLE, key.toText());
    return builder.start();
  }

  synchronized Muster connect() {
    if (master == null) {
      throw new IllegalStateException("not started");
    }
    return Muster.connect(master.address(), key);
  }

  /** Says when a worker has died; throws when none is left. */
  synchronized void check() {
    int alive = 0;
    for (Process worker : workers) {
      alive += worker.isAlive() ? 1 : 0;
    }
    int died = workers.size() - alive;
    if (died > ended && !closed) {
      ended = died;
      terminal.note(
          died + " of " + workers.size() + " workers ended; their tasks go to the others");
    }
    if (alive == 0) {
      throw DemoCommand.cannotGoOn(
          "every worker ended, the last with exit code "
              + workers.get(workers.size() - 1).exitValue());
    }
  }

  /** Ends the workers, then the master; removes the data. Closing twice is harmless. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      workers.forEach(Process::destroy);
      for (Process worker : workers) {
        if (!worker.waitFor(5, TimeUnit.SECONDS)) {
          worker.destroyForcibly();
        }
      }
    } catch (InterruptedException e) {
      workers.forEach(Process::destroyForcibly);
      Thread.currentThread().interrupt();
    }
    if (master != null) {
      master.close();
    }
    if (data != null) {
      remove(data);
    }
    if (Thread.currentThread() != hook) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException shuttingDown) {
        // then it finds everything closed
      }
    }
  }

  private void remove(TemporaryFolder folder) {
    try {
      folder.close();
    } catch (IOException e) {
      terminal.note(
          "the demo's data could not be removed: " + folder.path() + ": " + e.getMessage());
    }
  }
}
