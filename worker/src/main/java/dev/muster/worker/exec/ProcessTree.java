package dev.muster.worker.exec;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * A process and all that it started, directly or not. For the worker itself: a program of {@link
 * ExecHandler}, a process of handlers.
 *
 * <p>A child whose parent has ended hangs below another process, where looking for descendants does
 * not find it. So each root gets a variable of its own in its environment, which its children
 * inherit, and on Linux all processes are searched for it. What takes it out of its environment on
 * purpose and leaves its parent is not found. For one thread.
 */
public final class ProcessTree {
  /** The variable that marks a program's processes. */
  public static final String PROGRAM = "MUSTER_EXEC_ID";

  /** The variable that marks a process of handlers, and what they start. */
  public static final String HANDLERS = "MUSTER_CHILD_ID";

  private static final Path PROCESSES = Path.of("/proc");

  /** Rounds of a kill: a process can start another one between being seen and being killed. */
  private static final int ROUNDS_MAX = 10;

  private final ProcessHandle root;
  private final String mark;
  private final Set<ProcessHandle> seen = new HashSet<>();

  /**
   * One that lives, or did.
   *
   * @param variable {@link #PROGRAM} or {@link #HANDLERS}
   * @param mark its value, of this root only
   */
  public ProcessTree(ProcessHandle root, String variable, String mark) {
    this.root = root;
    this.mark = variable + '=' + mark;
    seen.add(root);
  }

  /** SIGTERM for each. */
  void terminate() {
    look();
    seen.forEach(ProcessHandle::destroy);
  }

  /**
   * SIGKILL for what the root leaves behind, which has ended by itself, or calls this when it is
   * about to. Looks at first only at processes with higher numbers, which children have but for the
   * rare time when numbers begin anew: so that it costs little.
   */
  public void killLeftBehind() {
    root.descendants().forEach(seen::add);
    lookForMark(root.pid() + 1);
    if (below().stream().anyMatch(ProcessHandle::isAlive)) {
      kill(false);
    }
  }

  /** SIGKILL for each, until none is left. */
  public void kill() {
    kill(true);
  }

  private void kill(boolean rootToo) {
    for (int round = 0; round < ROUNDS_MAX; round++) {
      look();
      Set<ProcessHandle> doomed = rootToo ? seen : below();
      if (doomed.stream().noneMatch(ProcessHandle::isAlive)) {
        return;
      }
      doomed.forEach(ProcessHandle::destroyForcibly);
    }
  }

  /** Those that were found, without the root. */
  private Set<ProcessHandle> below() {
    Set<ProcessHandle> below = new HashSet<>(seen);
    below.removeIf(each -> each.pid() == root.pid());
    return below;
  }

  /** Finds those that live now. */
  private void look() {
    for (ProcessHandle known : Set.copyOf(seen)) {
      known.descendants().forEach(seen::add);
    }
    lookForMark(1);
  }

  private void lookForMark(long fromPid) {
    if (!Files.isDirectory(PROCESSES)) {
      return; // not Linux
    }
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
      for (Path process : processes) {
        long pid = Long.parseLong(process.getFileName().toString());
        if (pid >= fromPid && isMarked(process)) {
          ProcessHandle.of(pid).ifPresent(seen::add);
        }
      }
    } catch (IOException | DirectoryIteratorException | NumberFormatException e) {
      // the descendants are found all the same
    }
  }

  private boolean isMarked(Path process) {
    try {
      byte[] environment = Files.readAllBytes(process.resolve("environ"));
      return ('\0' + new String(environment, StandardCharsets.UTF_8)).contains('\0' + mark + '\0');
    } catch (IOException e) {
      return false; // it ended meanwhile, or belongs to another user
    }
  }

  /** Those that were found so far. */
  Set<ProcessHandle> seen() {
    return Set.copyOf(seen);
  }
}
