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
import java.time.Instant;
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
      "  muster put --queue mail --name send --max-attempts 5 --backoff 1s..1m --unique order-17 '{}'",
      "  muster put --queue mail --name send --run-at 2030-01-31T09:00:00Z --tenant acme '{}'",
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

  @Mixin private final TaskOptionFlags options = new TaskOptionFlags();

  @Option(
      names = "--delay",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "Not before so long from now.")
  private @Nullable Duration delay;

  @Option(
      names = "--run-at",
      paramLabel = "TIME",
      converter = InstantConverter.class,
      description = "Not before this time, e.g. 2030-01-31T09:00:00Z.")
  private @Nullable Instant runAt;

  @Option(
      names = "--group",
      paramLabel = "KEY",
      description = "Tasks of one group run one at a time, in the order in which they were put.")
  private @Nullable String group;

  @Option(
      names = "--tenant",
      paramLabel = "KEY",
      description = "Whose tasks these are: tenants share the workers by their weights.")
  private @Nullable String tenant;

  @Option(
      names = "--unique",
      paramLabel = "KEY",
      description = "Adds nothing while the queue has a task of this key; prints that one's id.")
  private @Nullable String unique;

  @Option(
      names = "--unique-for",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long the key holds; default: until its task is finished.")
  private @Nullable Duration uniqueFor;

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
    if (await && options.resultQueue() != null) {
      throw new InvalidInputException(
          "--await and --result-queue exclude each other: a result goes to one place");
    }
    if (delay != null && runAt != null) {
      throw new InvalidInputException(
          "--delay and --run-at exclude each other: each says when the tasks are due");
    }
    if (uniqueFor != null && unique == null) {
      throw new InvalidInputException("--unique-for needs --unique: the key that it is about");
    }
    List<ByteString> payloads = checkedValues();
    try (Muster muster = master.connect(terminal, "muster put")) {
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
    TaskQueue<ByteString> tasks = options.on(muster.tasks(queue, JsonText.CODEC));
    if (delay != null) {
      tasks = tasks.delay(delay);
    }
    if (runAt != null) {
      tasks = tasks.runAt(runAt);
    }
    if (group != null) {
      tasks = tasks.group(group);
    }
    if (tenant != null) {
      tasks = tasks.tenant(tenant);
    }
    if (unique != null) {
      tasks = tasks.unique(unique);
    }
    return uniqueFor == null ? tasks : tasks.uniqueFor(uniqueFor);
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
