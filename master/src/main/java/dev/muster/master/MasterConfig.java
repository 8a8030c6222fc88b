package dev.muster.master;

import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a master runs; complete and checked once it is built.
 *
 * @param data directory for everything durable; made when absent, used by one master at a time
 * @param host address to listen on; 127.0.0.1 by default
 * @param port TCP port, 0 to 65,535; 5000 by default, 0: any free one
 * @param authKeys keys that callers may prove; at least one, several during a rotation
 * @param plaintext no TLS; only with a loopback host
 * @param diskFloorBytes new tasks are refused while less space than this is free; 256 MiB by
 *     default
 * @param onBroken told when the log, the store or apply is broken and the master cannot go on; by
 *     default the process says why on standard error and halts with exit code 70, as a half-dead
 *     master that still answers is the worst outcome
 */
public record MasterConfig(
    Path data,
    String host,
    int port,
    List<AuthKey> authKeys,
    boolean plaintext,
    long diskFloorBytes,
    Consumer<String> onBroken) {
  /** The port when none is given. */
  public static final int PORT_DEFAULT = 5000;

  private static final int EXIT_BROKEN = 70;

  public MasterConfig {
    authKeys = List.copyOf(authKeys);
    if (port < 0 || port > 65_535) {
      throw new InvalidInputException("port must be 0 to 65535, found " + port);
    }
    if (authKeys.isEmpty()) {
      throw new InvalidInputException(
          "a master needs an auth key: make one with 'muster keygen --out muster.key' and pass --auth-key-file"
              + " muster.key, or set MUSTER_AUTH_KEY");
    }
    if (diskFloorBytes < 0) {
      throw new InvalidInputException("disk floor must not be negative, found " + diskFloorBytes);
    }
    if (plaintext && !isLoopback(host)) {
      throw new InvalidInputException(
          "plaintext is allowed only on a loopback address such as 127.0.0.1, found host "
              + host
              + ": leave --plaintext out, TLS needs no preparation");
    }
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new InvalidInputException(
          "host " + host + " is not known: use an address of this machine", e);
    }
  }

  public static Builder builder() {
    return new Builder();
  }

  private static void halt(String why) {
    System.err.println("muster master stopped: " + why);
    Runtime.getRuntime().halt(EXIT_BROKEN);
  }

  /** Gathers settings. One thread. */
  public static final class Builder {
    private @Nullable Path data;
    private String host = "127.0.0.1";
    private int port = PORT_DEFAULT;
    private final List<AuthKey> authKeys = new ArrayList<>();
    private boolean plaintext;
    private long diskFloorBytes = 256L << 20;
    private Consumer<String> onBroken = MasterConfig::halt;

    private Builder() {}

    /** Directory for everything durable. Required. */
    public Builder data(Path data) {
      this.data = data;
      return this;
    }

    /** Address to listen on; default 127.0.0.1. */
    public Builder host(String host) {
      this.host = host;
      return this;
    }

    /** TCP port, 0 to 65,535; default 5000; 0: any free one. */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /** Adds a key that callers may prove. At least one is required. */
    public Builder authKey(AuthKey key) {
      authKeys.add(key);
      return this;
    }

    /** No TLS; only with a loopback host. Default false. */
    public Builder plaintext(boolean plaintext) {
      this.plaintext = plaintext;
      return this;
    }

    /** New tasks are refused while less space than this is free, bytes; default 256 MiB. */
    public Builder diskFloorBytes(long bytes) {
      this.diskFloorBytes = bytes;
      return this;
    }

    /**
     * Told when the master is broken and cannot go on; default: the process halts with exit code
     * 70.
     */
    public Builder onBroken(Consumer<String> onBroken) {
      this.onBroken = onBroken;
      return this;
    }

    /**
     * The settings, checked.
     *
     * @throws InvalidInputException when a setting is missing or wrong; the message says which and
     *     what to do
     */
    public MasterConfig build() {
      if (data == null) {
        throw new InvalidInputException("a master needs a data directory: --data DIR");
      }
      return new MasterConfig(data, host, port, authKeys, plaintext, diskFloorBytes, onBroken);
    }
  }
}
