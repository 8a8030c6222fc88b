package dev.muster.cli;

import dev.muster.common.AuthKey;
import dev.muster.common.InRange;
import dev.muster.common.InvalidInputException;
import dev.muster.master.Master;
import dev.muster.master.MasterConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster master}. */
@Command(
    name = "master",
    description = {
      "Run a master until SIGTERM or Ctrl-C. Prints one line when it is ready.",
      "",
      "At its first start it makes a certificate in the data directory. Everyone who connects proves with the auth key"
          + " that they may, and is shown with the same key that this is the right master."
    },
    footer = {
      "",
      "Examples:",
      "  muster keygen --out muster.key",
      "  muster master --data ./muster-data --auth-key-file muster.key",
      "  muster master --data /var/lib/muster --host 0.0.0.0 --auth-key-file /etc/muster.key"
    })
final class MasterCommand implements Callable<Integer> {
  private static final Duration STOP_WITHIN = Duration.ofMillis(9_500);

  private final Terminal terminal;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "Where the log and the state are kept; made when it is not there.")
  private Path data = Path.of("");

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description =
          "Address to listen on; default: 127.0.0.1, for this machine only; 0.0.0.0 for all.")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port to listen on; default: 5000; 0: any free one.")
  private int port = 5000;

  @Option(
      names = "--auth-key-file",
      paramLabel = "FILE",
      description =
          "File with the auth key, readable by you alone; default: the key in MUSTER_AUTH_KEY.")
  private @Nullable Path authKeyFile;

  @Option(
      names = "--plaintext",
      description = "Serve without TLS; only together with a loopback address.")
  private boolean plaintext;

  MasterCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    InRange.check("--port", 0, 65_535, port);
    if (plaintext && !isLoopback(host)) {
      throw new InvalidInputException(
          "--plaintext is allowed only together with a loopback --host such as 127.0.0.1, found "
              + host
              + "; leave --plaintext out to serve with TLS");
    }
    MasterConfig config =
        MasterConfig.builder()
            .data(data)
            .host(host)
            .port(port)
            .authKey(AuthKey.resolve(authKeyFile))
            .plaintext(plaintext)
            .build();
    StopSignals stop = StopSignals.install();
    try (Master master = Master.start(config)) {
      terminal.say(
          "muster master ready on %s, data %s, certificate sha256 %s"
              .formatted(
                  master.address(), data, master.certificateSha256().orElse("none: plaintext")));
      stop.await();
      stop.haltAfter(STOP_WITHIN, terminal);
    }
    stop.done();
    return ExitCode.OK;
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
