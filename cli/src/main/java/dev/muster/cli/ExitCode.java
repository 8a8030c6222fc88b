package dev.muster.cli;

/** What the exit codes of all commands mean. */
final class ExitCode {
  static final int OK = 0;

  /** Refused by a rule, failed, or a fault of Muster's own. */
  static final int FAILED = 1;

  /** The command line, the input or a file it names is wrong. */
  static final int USAGE = 2;

  /** The time ended first. */
  static final int TIMED_OUT = 3;

  /** The master and this side do not hold the same key. */
  static final int AUTHENTICATION = 4;

  /** No master answered. */
  static final int UNREACHABLE = 5;

  /** A worker that somebody ended at once, through the master. */
  static final int KILLED = 6;

  /** SIGTERM or Ctrl-C ended it before its work was done. */
  static final int STOPPED = 130;

  private ExitCode() {}
}
