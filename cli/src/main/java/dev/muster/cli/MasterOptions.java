package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.AuthKey;
import dev.muster.common.Version;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that talks to a master. */
final class MasterOptions {
  private static final String DEFAULT_MASTER = "127.0.0.1:5000";

  @Option(
      names = "--master",
      paramLabel = "HOST:PORT",
      description = "The master; default: MUSTER_MASTER, or " + DEFAULT_MASTER + ".")
  private @Nullable String master;

  @Option(
      names = "--auth-key-file",
      paramLabel = "FILE",
      description =
          "File with the auth key, readable by you alone; default: the key in MUSTER_AUTH_KEY.")
  private @Nullable Path authKeyFile;

  @Option(names = "--plaintext", description = "Connect without TLS; only to a loopback address.")
  private boolean plaintext;

  @Option(
      names = "--connect-timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long to try to reach the master; default: 10s.")
  private Duration connectTimeout = Duration.ofSeconds(10);

  /** Whether the command line names a master. */
  boolean isGiven() {
    return master != null;
  }

  /** The master's address: the option, else the environment, else the default. */
  String address(Terminal terminal) {
    if (master != null) {
      return master;
    }
    String fromEnvironment = terminal.variable("MUSTER_MASTER");
    return fromEnvironment != null ? fromEnvironment : DEFAULT_MASTER;
  }

  /**
   * @param clientName which command this is, for the master's logs
   */
  ConnectOptions connectOptions(Terminal terminal, String clientName) {
    return ConnectOptions.to(address(terminal), AuthKey.resolve(authKeyFile))
        .withPlaintext(plaintext)
        .withConnectTimeout(connectTimeout)
        .withClientName(clientName + "/" + Version.current());
  }

  /**
   * Connects; to be closed.
   *
   * @param clientName which command this is, for the master's logs
   */
  Muster connect(Terminal terminal, String clientName) {
    return Muster.connect(connectOptions(terminal, clientName));
  }
}
