package dev.muster.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Whether the process writes to a terminal, and how wide it is; Java cannot say it of one stream.
 */
final class Tty {
  /** No terminal anywhere. */
  static final Tty NONE = new Tty(false);

  private static final int COLUMNS_DEFAULT = 80;
  private static final long ANSWER_WITHIN_S = 2;

  private final boolean possible;

  private Tty(boolean possible) {
    this.possible = possible;
  }

  /** That of this process, asked when it is needed. */
  static Tty ofProcess() {
    return new Tty(true);
  }

  /**
   * @param descriptor 1: standard output, 2: standard error
   */
  boolean isTerminal(int descriptor) {
    if (!possible) {
      return false;
    }
    Path link = Path.of("/proc/self/fd/" + descriptor);
    if (Files.isSymbolicLink(link)) {
      try {
        String target = Files.readSymbolicLink(link).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      } catch (IOException e) {
        return false;
      }
    }
    return test("-t", Integer.toString(descriptor));
  }

  /**
   * Whether there is a process at the other end that may go away: a pipe or a socket.
   *
   * @param descriptor 1: standard output, 2: standard error
   */
  boolean isPipe(int descriptor) {
    if (!possible) {
      return false;
    }
    Path link = Path.of("/proc/self/fd/" + descriptor);
    if (Files.isSymbolicLink(link)) {
      try {
        String target = Files.readSymbolicLink(link).toString();
        return target.startsWith("pipe:")
            || target.startsWith("socket:")
            || test("-p", target); // a FIFO that has a name
      } catch (IOException e) {
        return false;
      }
    }
    String file = "/dev/fd/" + descriptor;
    return test("-p", file) || test("-S", file);
  }

  /** Asks test(1), which inherits the streams. */
  private static boolean test(String question, String of) {
    ProcessBuilder test = new ProcessBuilder("test", question, of).inheritIO();
    try {
      Process process = test.start();
      return process.waitFor(ANSWER_WITHIN_S, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** How many characters fit on a line: 80 when the terminal does not say. */
  int columns() {
    if (!possible) {
      return COLUMNS_DEFAULT;
    }
    ProcessBuilder stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty"));
    stty.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      Process process = stty.start();
      String answer =
          new String(process.getInputStream().readNBytes(64), StandardCharsets.US_ASCII).strip();
      String columns = answer.substring(answer.indexOf(' ') + 1);
      return columns.matches("[1-9][0-9]{0,3}") ? Integer.parseInt(columns) : COLUMNS_DEFAULT;
    } catch (IOException e) {
      return COLUMNS_DEFAULT;
    }
  }
}
