package dev.muster.cli;

import dev.muster.common.AuthKey;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code muster keygen}. */
@Command(
    name = "keygen",
    description =
        "Make a new auth key: the master and everyone who connects to it hold the same one.",
    footer = {
      "",
      "Examples:",
      "  muster keygen --out muster.key                 write it to a file that only you can read",
      "  export MUSTER_AUTH_KEY=$(muster keygen)        keep it in the environment of this shell"
    })
final class KeygenCommand implements Runnable {
  private final Terminal terminal;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write the key to this new file, mode 0600; without it the key is printed.")
  private @Nullable Path out;

  KeygenCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    AuthKey key = AuthKey.generate();
    if (out == null) {
      terminal.say(key.toText());
    } else {
      key.writeTo(out);
      terminal.say("wrote key " + key.id() + " to " + out);
    }
  }
}
