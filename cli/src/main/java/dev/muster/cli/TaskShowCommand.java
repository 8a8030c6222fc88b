package dev.muster.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import dev.muster.client.Muster;
import dev.muster.common.InvalidInputException;
import dev.muster.common.UnknownTaskException;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster task show}. */
@Command(
    name = "show",
    description = {
      "Show where a task stands, its counts, its result or why it failed.",
      "",
      "Exit code 1 when the id is not known: it never was, or is finished and forgotten."
    },
    footer = {
      "",
      "Examples:",
      "  muster task show 4294967301",
      "  muster task show 4294967301 -o json | jq .result"
    })
final class TaskShowCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default) or json: one object.")
  private OutputFormat format = OutputFormat.TABLE;

  @Parameters(paramLabel = "ID", description = "As put printed it.")
  private String id = "";

  TaskShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    long parsed = parse(id);
    try (Muster muster = Muster.connect(master.connectOptions(terminal, "muster task"))) {
      TaskInfo task = muster.taskWithPayload(parsed);
      if (task.getState() == TaskState.TASK_STATE_UNKNOWN) {
        throw new UnknownTaskException(parsed);
      }
      if (format == OutputFormat.JSON) {
        printJson(fields(task));
      } else {
        fields(task)
            .forEach((name, value) -> terminal.out().printf("%-9s  %s%n", name, value.text()));
      }
      terminal.out().flush();
    }
  }

  private static long parse(String id) {
    try {
      return Long.parseUnsignedLong(id);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "a task id is a number, as put printed it; found '" + id + "'", e);
    }
  }

  /** A field's text; and whether it is JSON already (numbers, payloads) or text to be quoted. */
  private record Value(String text, boolean json) {}

  private static Map<String, Value> fields(TaskInfo task) {
    Map<String, Value> fields = new LinkedHashMap<>();
    fields.put("id", new Value(Long.toUnsignedString(task.getId()), true));
    fields.put("state", new Value(task.getState().name().substring("TASK_STATE_".length()), false));
    fields.put("queue", new Value(task.getQueue(), false));
    putText(fields, "handler", task.getOptions().getHandler());
    putText(fields, "results", task.getOptions().getResultQueue());
    fields.put("enqueued", new Value(Instant.ofEpochMilli(task.getEnqueuedMs()).toString(), false));
    if (task.getFinishedMs() != 0) {
      fields.put(
          "finished", new Value(Instant.ofEpochMilli(task.getFinishedMs()).toString(), false));
    }
    fields.put("attempts", number(task.getAttempts()));
    fields.put("failures", number(task.getFailures()));
    fields.put("crashes", number(task.getCrashes()));
    fields.put("returns", number(task.getReturns()));
    fields.put("expiries", number(task.getExpiries()));
    putText(fields, "worker", task.getWorker());
    fields.put("bytes", number(task.getPayloadBytes()));
    putBytes(fields, "payload", task.getPayload(), task.getOptions().getContentType());
    putBytes(fields, "result", task.getResult(), task.getResultContentType());
    if (task.hasFailure()) {
      String message = task.getFailure().getMessage();
      fields.put(
          "failure",
          new Value(
              task.getFailure().getKind() + (message.isEmpty() ? "" : ": " + OneLine.of(message)),
              false));
    }
    return fields;
  }

  private static Value number(int unsigned) {
    return new Value(Integer.toUnsignedString(unsigned), true);
  }

  private static void putText(Map<String, Value> fields, String name, String text) {
    if (!text.isEmpty()) {
      fields.put(name, new Value(text, false));
    }
  }

  private static void putBytes(
      Map<String, Value> fields, String name, ByteString bytes, String contentType) {
    if (!bytes.isEmpty()) {
      fields.put(name, new Value(JsonText.onOneLine(bytes, contentType), true));
    }
  }

  private void printJson(Map<String, Value> fields) {
    try (JsonGenerator json = JsonText.generator(terminal.out())) {
      json.writeStartObject();
      for (Map.Entry<String, Value> field : fields.entrySet()) {
        json.writeFieldName(field.getKey());
        if (field.getValue().json()) {
          json.writeRawValue(field.getValue().text());
        } else {
          json.writeString(field.getValue().text());
        }
      }
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
