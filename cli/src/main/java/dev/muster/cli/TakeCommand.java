package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.client.connection.Connection;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import dev.muster.common.TimedOutException;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.TakeReply;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.TasksGrpc.TasksBlockingStub;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code muster take}. A task is acknowledged after its payload is written: when the command or its
 * reader dies in between, the task comes back.
 */
@Command(
    name = "take",
    description = {
      "Take tasks from a queue and print their payloads, one a line. A payload that is not JSON is printed as base64 in quotes.",
      "",
      "Exit code 3 when the time ends before all have come; what came is printed and taken."
    },
    footer = {
      "",
      "Examples:",
      "  muster take --queue inbox",
      "  muster take --queue result --count 10 --timeout 1m"
    })
final class TakeCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Option(names = "--queue", required = true, paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  @Option(names = "--count", paramLabel = "N", description = "How many tasks to take; default: 1.")
  private long count = 1;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long to wait for all of them; default: 5s.")
  private Duration timeout = Duration.ofSeconds(5);

  TakeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    QueueName.check(queue);
    if (count < 1) {
      throw new InvalidInputException("--count must be at least 1, found " + count);
    }
    try (Connection connection = Connection.open(master.connectOptions(terminal, "muster take"))) {
      takeAll(connection.channel());
    } catch (StatusRuntimeException failed) {
      throw FailedCall.of(failed);
    }
  }

  private void takeAll(Channel channel) {
    TasksBlockingStub tasks = TasksGrpc.newBlockingStub(channel);
    Settling settling = new Settling(channel, terminal);
    long endNanos = System.nanoTime() + timeout.toNanos();
    long left = count;
    boolean inTime = true;
    while (left > 0 && inTime) {
      long waitMs = Math.max(0, TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime()));
      TakeReply reply =
          takeSome(
              tasks,
              (int) Math.min(left, Limits.TAKE_MAX),
              (int) Math.min(waitMs, Limits.TAKE_WAIT_MS_MAX));
      left -= print(reply, settling);
      inTime = reply.getOffersCount() > 0 || System.nanoTime() - endNanos < 0;
    }
    settling.await();
    if (left > 0) {
      throw new TimedOutException(
          "took "
              + (count - left)
              + " of "
              + count
              + " from queue "
              + queue
              + " within "
              + timeout.toMillis()
              + " ms");
    }
  }

  private TakeReply takeSome(TasksBlockingStub tasks, int max, int waitMs) {
    return tasks
        .withDeadlineAfter(waitMs + Settling.ANSWER_WITHIN_MS, TimeUnit.MILLISECONDS)
        .take(TakeRequest.newBuilder().setQueue(queue).setMax(max).setWaitMs(waitMs).build());
  }

  /** Prints payloads, then settles their tasks; returns how many. */
  private int print(TakeReply reply, Settling settling) {
    PrintStream out = terminal.out();
    int printed = 0;
    for (Offer offer : reply.getOffersList()) {
      String contentType = offer.getOptions().getContentType();
      for (ByteString payload : offer.getPayloadsList()) {
        out.println(JsonText.onOneLine(payload, contentType));
      }
      printed += offer.getIdsCount();
    }
    if (out.checkError()) {
      settling.giveBack(reply);
      throw new MusterException(
          "standard output is closed: the tasks that could not be written are given back");
    }
    settling.complete(reply);
    return printed;
  }
}
