package dev.muster.client;

import dev.muster.client.retry.Backoff;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.UUID;

/** Services of a test in this process, and an {@link Admin} that asks them and never waits. */
final class AdminServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Server server;
  private final ManagedChannel channel;
  private final Admin admin;

  private AdminServer(Server server, ManagedChannel channel) {
    this.server = server;
    this.channel = channel;
    this.admin =
        new Admin(
            new UnaryCalls(() -> channel, Backoff::none),
            new StreamedCalls(() -> channel, Backoff::none, PATIENCE),
            () -> channel,
            PATIENCE);
  }

  static AdminServer start(BindableService... services) {
    String name = UUID.randomUUID().toString();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
    for (BindableService service : services) {
      builder.addService(service);
    }
    try {
      return new AdminServer(
          builder.build().start(), InProcessChannelBuilder.forName(name).build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Admin admin() {
    return admin;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }
}
