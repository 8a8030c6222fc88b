package dev.muster.cli;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.PrintStream;

/**
 * The progress on standard error: on a terminal one line that is drawn again and again, elsewhere a
 * line now and then; and what else is to be said, without the two getting mixed up. Thread-safe.
 * Time is given, ms.
 */
final class StatusLine {
  private static final long DRAW_EVERY_MS = 100;
  private static final long SAY_EVERY_MS = 5_000;
  private static final String CLEAR = "\r\u001b[K";

  private final PrintStream err;
  private final Kind kind;
  private final int width;

  /** On the bar's terminal, other output must not run into it. */
  private final boolean sharesTerminal;

  @GuardedBy("this")
  private boolean drawn;

  @GuardedBy("this")
  private String latest = "";

  @GuardedBy("this")
  private long shownMs;

  @GuardedBy("this")
  private boolean said;

  /** How progress is shown. */
  enum Kind {
    /** Drawn on a terminal. */
    BAR,
    /** A line now and then. */
    LINES,
    /** Not at all. */
    NONE
  }

  /**
   * @param sharesTerminal whether standard output is the same terminal
   */
  StatusLine(PrintStream err, Kind kind, int width, boolean sharesTerminal, long nowMs) {
    this.err = err;
    this.kind = kind;
    this.width = width;
    this.sharesTerminal = sharesTerminal;
    this.shownMs = nowMs;
  }

  /** Shows how far it is, when it is time to. */
  synchronized void update(ProgressText progress, long nowMs) {
    switch (kind) {
      case BAR -> {
        latest = progress.bar(width - 1); // the last column would break the line
        if (!drawn || nowMs - shownMs >= DRAW_EVERY_MS) {
          shownMs = nowMs;
          draw();
        }
      }
      case LINES -> {
        if (nowMs - shownMs >= SAY_EVERY_MS) {
          shownMs = nowMs;
          said = true;
          err.println("muster: " + progress.line());
        }
      }
      case NONE -> {}
    }
  }

  /** Shows the end, where progress was shown before. */
  synchronized void end(ProgressText progress) {
    if (kind == Kind.BAR) {
      latest = progress.bar(width - 1);
      draw();
      err.println();
      drawn = false;
    } else if (said) {
      err.println("muster: " + progress.line());
    }
  }

  /** Takes the bar away without a trace. */
  synchronized void clear() {
    if (drawn) {
      err.print(CLEAR);
      err.flush();
      drawn = false;
    }
  }

  /** To be called before standard output is written to. */
  void beforeOutput() {
    if (sharesTerminal) {
      clear();
    }
  }

  /** Says something else, on a line of its own. */
  synchronized void note(String line) {
    boolean again = drawn;
    clear();
    err.println("muster: " + line);
    if (again) {
      draw();
    }
  }

  @GuardedBy("this")
  private void draw() {
    err.print(CLEAR + latest);
    err.flush();
    drawn = true;
  }
}
