package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.client.Muster;
import dev.muster.client.TaskQueue;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster put}. */
@Command(
    name = "put",
    description = {
      "Add tasks to a queue: one for each JSON value of the command line, or, when there is none, one for each line of"
          + " standard input. Prints the id of each when it is durable, in the order of the input.",
      "",
      "A line that is not JSON ends the command with exit code 2: what stands before it is added, nothing after it is."
    },
    footer = {
      "",
      "Examples:",
      "  muster put --queue inbox '{\"hello\": \"world\"}' 42 '\"text\"'",
      "  muster put --queue task --name square --await 12",
      "  seq 1000000 | muster put --queue task --name square --result-queue result > ids"
    })
final class PutCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Option(
      names = "--queue",
      required = true,
      paramLabel = "QUEUE",
      description = "The queue; it exists from its first use on.")
  private String queue = "";

  @Option(
      names = "--name",
      paramLabel = "HANDLER",
      description = "Name of the handler that runs the tasks, for workers.")
  private String handler = "";

  @Option(
      names = "--result-queue",
      paramLabel = "QUEUE",
      description = "Results become entries of this queue; default: they are kept with the task.")
  private @Nullable String resultQueue;

  @Option(
      names = "--await",
      description = "Wait for the results and print them, one a line, instead of ids.")
  private boolean await;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "With --await: the longest wait for a next result; default: 1m.")
  private Duration timeout = Duration.ofMinutes(1);

  @Parameters(paramLabel = "JSON", arity = "0..*", description = "Payloads, each one JSON value.")
  private final List<String> values = new ArrayList<>();

  PutCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    QueueName.check(queue);
    if (await && resultQueue != null) {
      throw new InvalidInputException(
          "--await and --result-queue exclude each other: a result goes to one place");
    }
    List<ByteString> payloads = checkedValues();
    try (Muster muster = Muster.connect(master.connectOptions(terminal, "muster put"))) {
      TaskQueue<ByteString> tasks = tasks(muster);
      try (OrderedLines lines = new OrderedLines(terminal.out(), timeout)) {
        if (payloads.isEmpty()) {
          addLines(tasks, lines);
        } else {
          for (ByteString payload : payloads) {
            lines.add(line(tasks, payload));
          }
        }
      }
    }
  }

  /** All of them before the first is added: a mistake in the last one then costs nothing. */
  private List<ByteString> checkedValues() {
    List<ByteString> payloads = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      payloads.add(
          JsonText.check(values.get(i).getBytes(StandardCharsets.UTF_8), "value " + (i + 1)));
    }
    return payloads;
  }

  private TaskQueue<ByteString> tasks(Muster muster) {
    TaskQueue<ByteString> tasks = muster.tasks(queue, JsonText.CODEC);
    if (!handler.isEmpty()) {
      tasks = tasks.handler(handler);
    }
    return resultQueue == null ? tasks : tasks.resultsTo(resultQueue);
  }

  private void addLines(TaskQueue<ByteString> tasks, OrderedLines lines) {
    LineReader reader = new LineReader(terminal.in(), Limits.PAYLOAD_BYTES_MAX);
    try {
      for (byte[] line = reader.next(); line != null; line = reader.next()) {
        if (line.length > 0) {
          lines.add(line(tasks, JsonText.check(line, "line " + reader.lineNumber())));
        }
      }
    } catch (IOException e) {
      throw new InvalidInputException("standard input cannot be read: " + e.getMessage(), e);
    }
  }

  /** What is printed for a payload, once it is known. */
  private CompletableFuture<String> line(TaskQueue<ByteString> tasks, ByteString payload) {
    CompletableFuture<Long> id = tasks.enqueueAsync(payload);
    return await
        ? id.thenCompose(durable -> tasks.result(durable, JsonText.CODEC))
            .thenApply(result -> JsonText.onOneLine(result, JsonText.CONTENT_TYPE))
        : id.thenApply(Long::toUnsignedString);
  }
}
