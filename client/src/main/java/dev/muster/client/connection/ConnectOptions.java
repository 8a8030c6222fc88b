package dev.muster.client.connection;

import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Version;
import java.time.Duration;

/**
 * How to reach a master. Immutable; {@code with...} gives a copy.
 *
 * @param address "host:port" or "[ipv6]:port"
 * @param key the auth key that the master was started with
 * @param plaintext no TLS; only for a loopback address. Default false
 * @param connectTimeout how long a blocking call waits for a connection; 1 ms to 1 day, default 10
 *     s. In the background the connection is tried for ever
 * @param clientName library and version, for the master's logs; default "muster-java/VERSION"
 */
public record ConnectOptions(
    String address, AuthKey key, boolean plaintext, Duration connectTimeout, String clientName) {
  private static final Duration CONNECT_TIMEOUT_DEFAULT = Duration.ofSeconds(10);
  private static final Duration CONNECT_TIMEOUT_MAX = Duration.ofDays(1);
  private static final int CLIENT_NAME_CHARS_MAX = 255;

  /**
   * Checks every option.
   *
   * @throws InvalidInputException when one is out of its range
   */
  public ConnectOptions {
    MasterAddress parsed = MasterAddress.parse(address);
    if (plaintext && !parsed.isLoopback()) {
      throw new InvalidInputException(
          "plaintext is allowed only to a loopback address such as 127.0.0.1, found "
              + parsed.host()
              + "; connect with TLS (the default)");
    }
    if (connectTimeout.compareTo(Duration.ofMillis(1)) < 0
        || connectTimeout.compareTo(CONNECT_TIMEOUT_MAX) > 0) {
      throw new InvalidInputException(
          "connect timeout must be 1 ms to 1 day, found " + connectTimeout);
    }
    if (clientName.isBlank() || clientName.length() > CLIENT_NAME_CHARS_MAX) {
      throw new InvalidInputException(
          "client name must have 1 to " + CLIENT_NAME_CHARS_MAX + " characters");
    }
  }

  /** TLS and the defaults. */
  public static ConnectOptions to(String address, AuthKey key) {
    return new ConnectOptions(
        address, key, false, CONNECT_TIMEOUT_DEFAULT, "muster-java/" + Version.current());
  }

  /** Without TLS, when true; only for a loopback address. */
  public ConnectOptions withPlaintext(boolean value) {
    return new ConnectOptions(address, key, value, connectTimeout, clientName);
  }

  /** Another wait for blocking calls. */
  public ConnectOptions withConnectTimeout(Duration value) {
    return new ConnectOptions(address, key, plaintext, value, clientName);
  }

  /** Another name for the master's logs. */
  public ConnectOptions withClientName(String value) {
    return new ConnectOptions(address, key, plaintext, connectTimeout, value);
  }

  MasterAddress masterAddress() {
    return MasterAddress.parse(address);
  }
}
