package dev.muster.cli;

import dev.muster.common.AuthKey;
import dev.muster.master.Master;
import dev.muster.master.MasterConfig;
import dev.muster.worker.Worker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * {@code muster warmup}: does once what the other commands do, so that the archive which the {@code
 * muster} script makes of the classes loaded here holds all that they will load.
 */
@Command(
    name = "warmup",
    hidden = true,
    description = "Load the classes of all commands; for the script.")
final class WarmupCommand implements Callable<Integer> {
  private final Terminal terminal;

  WarmupCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    try (TemporaryFolder temporary = TemporaryFolder.create("muster-warmup-")) {
      Path folder = temporary.path();
      AuthKey key = AuthKey.generate();
      Path keyFile = folder.resolve("key");
      key.writeTo(keyFile);
      MasterConfig config =
          MasterConfig.builder()
              .data(folder.resolve("data"))
              .host("127.0.0.1")
              .port(0)
              .authKey(key)
              .build();
      try (Master master = Master.start(config);
          Worker worker =
              Worker.connect(master.address(), key)
                  .queue("task")
                  .handler(new SquareHandler())
                  .slots(2)
                  .start()) {
        List<String> connection =
            List.of("--master", master.address(), "--auth-key-file", keyFile.toString());
        run(connection, "put", "--queue", "task", "--name", "square", "--await", "12");
        run(connection, "put", "--queue", "inbox");
        run(connection, "take", "--queue", "inbox");
        run(connection, "queues");
        run(connection, "queues", "-o", "json");
        run(connection, "queue", "show", "inbox");
        run(connection, "demo", "--tasks", "2");
        terminal.say(
            "master on " + master.address() + " and worker " + worker.name() + " are warm");
      }
      run(List.of(), "--help");
      run(List.of(), "put", "--oops");
    }
    return ExitCode.OK;
  }

  private static void run(List<String> connection, String... arguments) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    ByteArrayInputStream input =
        new ByteArrayInputStream("{\"hello\": \"world\"}\n".getBytes(StandardCharsets.UTF_8));
    var unused =
        Main.run(
            new Terminal(input, nowhere, nowhere, Map.of()),
            Stream.concat(Stream.of(arguments), connection.stream()).toArray(String[]::new));
  }
}
