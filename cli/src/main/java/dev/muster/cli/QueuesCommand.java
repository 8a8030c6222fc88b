package dev.muster.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.muster.client.Muster;
import dev.muster.proto.v1.QueueInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster queues}. */
@Command(
    name = "queues",
    description = "List the queues with how many tasks stand where.",
    footer = {
      "",
      "Examples:",
      "  muster queues",
      "  muster queues orders.          only names that begin so",
      "  muster queues -o json | jq '.[] | select(.failed > 0).name'"
    })
final class QueuesCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default) or json: an array with one object for each queue.")
  private OutputFormat format = OutputFormat.TABLE;

  @Parameters(
      paramLabel = "PREFIX",
      arity = "0..1",
      description = "Only queues whose names begin so.")
  private String prefix = "";

  QueuesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    try (Muster muster = Muster.connect(master.connectOptions(terminal, "muster queues"))) {
      List<QueueInfo> queues = muster.queues(prefix);
      if (format == OutputFormat.JSON) {
        printJson(queues);
      } else {
        printTable(queues);
      }
      terminal.out().flush();
    }
  }

  private void printTable(List<QueueInfo> queues) {
    Table table =
        new Table(
            "QUEUE",
            "READY",
            "DELAYED",
            "OFFERED",
            "RUNNING",
            "SUCCEEDED",
            "FAILED",
            "OTHER",
            "WORKERS");
    for (QueueInfo queue : queues) {
      table.row(
          queue.getName(),
          queue.getReady(),
          queue.getDelayed(),
          queue.getOffered(),
          queue.getRunning(),
          queue.getSucceeded(),
          queue.getFailed(),
          queue.getCancelled() + queue.getExpired() + queue.getQuarantined(),
          queue.getWorkers());
    }
    table.print(terminal.out());
  }

  private void printJson(List<QueueInfo> queues) {
    try (JsonGenerator json = JsonText.generator(terminal.out())) {
      json.writeStartArray();
      for (QueueInfo queue : queues) {
        json.writeStartObject();
        json.writeStringField("name", queue.getName());
        json.writeNumberField("enqueued", queue.getEnqueued());
        json.writeNumberField("delayed", queue.getDelayed());
        json.writeNumberField("ready", queue.getReady());
        json.writeNumberField("offered", queue.getOffered());
        json.writeNumberField("running", queue.getRunning());
        json.writeNumberField("succeeded", queue.getSucceeded());
        json.writeNumberField("failed", queue.getFailed());
        json.writeNumberField("cancelled", queue.getCancelled());
        json.writeNumberField("expired", queue.getExpired());
        json.writeNumberField("quarantined", queue.getQuarantined());
        json.writeNumberField("max_length", queue.getSettings().getMaxLength());
        json.writeNumberField("retained_max", queue.getSettings().getRetainedMax());
        json.writeNumberField("workers", queue.getWorkers());
        json.writeNumberField("stale_settlements", queue.getStaleSettlements());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
