package dev.muster.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.joran.spi.ConsoleTarget;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;

/**
 * Sets Logback up in code: warnings, one line each, on standard error. Reading an XML configuration
 * would cost every command a good part of its start.
 *
 * <p>Logback finds it as a service. A configuration of the user's own (a {@code logback.xml} on the
 * class path, or the system property {@code logback.configurationFile}) comes before it.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  private static volatile int verbosity = 0;

  /** For Logback's service loader. */
  public Logging() {}

  /**
   * @param level how often {@code -v} was given: 0 warnings, 1 also what Muster does, with stack
   *     traces, 2 everything
   */
  static void setVerbosity(int level) {
    verbosity = level;
    if (level > 0 && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      applyLevels(context);
    }
  }

  /** How often {@code -v} was given. */
  static int verbosity() {
    return verbosity;
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (System.getProperty("logback.configurationFile") != null
        || Logging.class.getResource("/logback.xml") != null
        || Logging.class.getResource("/logback-test.xml") != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    LogLine layout = new LogLine(() -> verbosity > 0);
    layout.setContext(context);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setName("stderr");
    appender.setTarget(ConsoleTarget.SystemErr.getName());
    appender.setEncoder(encoder);
    appender.start();
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(appender);
    applyLevels(context);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static void applyLevels(LoggerContext context) {
    Level ours = verbosity == 0 ? Level.WARN : verbosity == 1 ? Level.INFO : Level.DEBUG;
    // The parts report much that their caller handles: a refused connection, an election among one.
    Level parts = verbosity == 0 ? Level.ERROR : verbosity == 1 ? Level.WARN : Level.INFO;
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(parts);
    context.getLogger("dev.muster").setLevel(ours);
  }
}
