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
 * A program and all that it started, directly or not.
 *
 * <p>A child whose parent has ended hangs below another process, where looking for descendants does
 * not find it. So each program gets a variable of its own in its environment, which its children
 * inherit, and on Linux all processes are searched for it. What takes it out of its environment on
 * purpose and leaves its parent is not found. For one thread.
 */
final class ProcessTree {
  /** The variable that marks a program's processes. */
  static final String MARK = "MUSTER_EXEC_ID";

  private static final Path PROCESSES = Path.of("/proc");

  /** Rounds of a kill: a process can start another one between being seen and being killed. */
  private static final int ROUNDS_MAX = 10;

  private final long firstPid;
  private final String mark;
  private final Set<ProcessHandle> seen = new HashSet<>();

  /**
   * @param mark the mark's value
   */
  ProcessTree(ProcessHandle root, String mark) {
    this.firstPid = root.pid();
    this.mark = MARK + '=' + mark;
    seen.add(root);
  }

  /** SIGTERM for each. */
  void terminate() {
    look();
    seen.forEach(ProcessHandle::destroy);
  }

  /**
   * SIGKILL for what a program left behind that has ended by itself. Looks only at processes with
   * higher numbers, which children have but for the rare time when numbers begin anew: so that it
   * costs little.
   */
  void killLeftBehind() {
    lookForMark(firstPid + 1);
    if (isAlive()) {
      kill();
    }
  }

  /** SIGKILL for each, until none is left. */
  void kill() {
    for (int round = 0; round < ROUNDS_MAX; round++) {
      look();
      if (!isAlive()) {
        return;
      }
      seen.forEach(ProcessHandle::destroyForcibly);
    }
  }

  /** Whether one of those lives that were found so far. */
  boolean isAlive() {
    return seen.stream().anyMatch(ProcessHandle::isAlive);
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
