package dev.muster.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@code muster master} as a process, on a free port, with a key in the environment. */
final class MasterProcess implements AutoCloseable {
  private static final String READY =
      "muster master ready on (\\S+:\\d+), data (\\S+), certificate sha256 ([0-9a-f]{64}|none: plaintext)";

  private final JarProcess process;
  private final String key;
  private final String address;

  private MasterProcess(JarProcess process, String key, String address) {
    this.process = process;
    this.key = key;
    this.address = address;
  }

  static String newKey() {
    return JarProcess.run(Map.of(), "keygen").out().strip();
  }

  static MasterProcess start(Path data, String key, String... more) {
    return start(data, key, 0, more);
  }

  static MasterProcess start(Path data, String key, int port, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("master", "--data", data.toString(), "--port", Integer.toString(port)));
    args.addAll(List.of(more));
    JarProcess process =
        JarProcess.start(Map.of("MUSTER_AUTH_KEY", key), args.toArray(String[]::new));
    return new MasterProcess(process, key, process.awaitOut(READY).group(1));
  }

  String address() {
    return address;
  }

  int port() {
    return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  JarProcess process() {
    return process;
  }

  /** What a command needs in its environment to talk to this master. */
  Map<String, String> environment() {
    return new HashMap<>(Map.of("MUSTER_AUTH_KEY", key, "MUSTER_MASTER", address));
  }

  CommandRun run(String... args) {
    return JarProcess.run(environment(), args);
  }

  CommandRun runWithInput(String input, String... args) {
    return JarProcess.runWithInput(environment(), input, args);
  }

  @Override
  public void close() {
    process.close();
  }
}
