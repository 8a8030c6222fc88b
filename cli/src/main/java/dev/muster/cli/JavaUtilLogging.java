package dev.muster.cli;

import java.util.logging.ConsoleHandler;
import java.util.logging.LogManager;

/**
 * Sets {@code java.util.logging} up, which gRPC writes to: nothing is printed, unless {@code -v}
 * was given. Its own default prints a stack trace for every connection that breaks, which is
 * reported once already by the one who used it.
 *
 * <p>Java makes one when a first logger of that kind is asked for; so commands that need none do
 * not pay for it.
 */
public final class JavaUtilLogging {

  /** For {@link LogManager}, which finds the class by a system property. */
  public JavaUtilLogging() {
    if (Logging.verbosity() > 0) {
      LogManager.getLogManager().getLogger("").addHandler(new ConsoleHandler());
    }
  }

  static void install() {
    System.setProperty("java.util.logging.config.class", JavaUtilLogging.class.getName());
  }
}
