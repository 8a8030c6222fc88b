package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.common.InRange;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TenantInfo;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code muster queue tenant set}. */
@Command(
    name = "set",
    description = {
      "Change settings of one tenant of a queue; what is not named stays. Shows the tenant afterwards.",
      "",
      "A limit below what is running holds from now on and stops nothing; a line says so."
    },
    footer = {
      "",
      "Examples:",
      "  muster queue tenant set shared acme --weight 300",
      "  muster queue tenant set shared acme --concurrency 5 --rate 10/s"
    })
final class TenantSetCommand implements Runnable {
  private final Terminal terminal;

  @Mixin private final MasterOptions master = new MasterOptions();

  @Mixin private final OutputOption output = new OutputOption();

  @Parameters(index = "0", paramLabel = "QUEUE", description = "The queue.")
  private String queue = "";

  @Parameters(index = "1", paramLabel = "KEY", description = "The tenant's key.")
  private String tenant = "";

  @Option(
      names = "--weight",
      paramLabel = "N",
      description = "Its share of the workers, against the others'; default: 100.")
  private @Nullable Integer weight;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "At most so many of its tasks run at a time; 0: the queue's setting.")
  private @Nullable Long concurrency;

  @Option(
      names = "--rate",
      paramLabel = "N/TIME[,burst=N]",
      converter = RateConverter.class,
      description = "So many starts in so long, e.g. 10/s; 0: the queue's setting.")
  private @Nullable Rate rate;

  TenantSetCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    ConfigureTenantRequest request = request();
    try (Muster muster = master.connect(terminal, "muster queue")) {
      TenantInfo after = muster.admin().configureTenant(request);
      QueueFields.of(after).print(terminal.out(), output.format());
      terminal.out().flush();
      if (concurrency != null && concurrency > 0 && after.getRunning() > concurrency) {
        terminal.note(
            "%d tasks of tenant %s run now, more than --concurrency %d: it applies from now on and stops none of them"
                .formatted(after.getRunning(), tenant, concurrency));
      }
    }
  }

  private ConfigureTenantRequest request() {
    ConfigureTenantRequest.Builder request =
        ConfigureTenantRequest.newBuilder().setQueue(QueueName.check(queue)).setTenant(tenant);
    if (weight == null && concurrency == null && rate == null) {
      throw new InvalidInputException(
          "nothing to set: name at least one of --weight, --concurrency and --rate");
    }
    if (weight != null) {
      request.setWeight(InRange.check("--weight", 1, Limits.TENANT_WEIGHT_MAX, weight));
    }
    if (concurrency != null) {
      if (concurrency < 0) {
        throw new InvalidInputException("--concurrency must be at least 0, found " + concurrency);
      }
      request.setConcurrency(concurrency);
    }
    if (rate != null) {
      request.setRate(rate);
    }
    return request.build();
  }
}
