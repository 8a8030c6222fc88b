package dev.muster.master.simulation;

import com.google.protobuf.Message;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TenantInfo;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Changes the settings of queues and tenants while they are used. */
final class SimulatedTuner {
  private static final Rate NO_RATE = Rate.getDefaultInstance();

  private final World.Program process = new World.Program("tuner");
  private final World world;
  private final Supplier<SimulatedMaster> master;
  private final List<String> queues;

  /** Paused as far as anybody knows. */
  private final Set<String> paused = new HashSet<>();

  /** A tenant's settings that may have a rate, each to be lifted. */
  private final Set<ConfigureTenantRequest> rated = new LinkedHashSet<>();

  /** Requests that must be heard, and are not yet. */
  private int unanswered;

  SimulatedTuner(World world, Supplier<SimulatedMaster> master, List<String> queues) {
    this.world = world;
    this.master = master;
    this.queues = queues;
  }

  boolean isIdle() {
    return unanswered == 0;
  }

  /** Changes something, perhaps: whether the master hears of it is not known. */
  void tune() {
    String queue = queues.get(world.roll(queues.size()));
    QueueSettings.Builder settings = QueueSettings.newBuilder();
    switch (world.roll(8)) {
      case 0 -> settings.setConcurrency(world.roll(4));
      case 1 -> settings.setRate(someRate());
      case 2 -> settings.setAgeingMs(world.roll(2) * (1L + world.roll(2_000)));
      case 3 -> settings.setPaused(paused.add(queue));
      case 4 -> settings.setTenantConcurrency(world.roll(3));
      case 5 -> settings.setTenantRate(someRate());
      default -> {
        once(tenantRequest(queue));
        return;
      }
    }
    if (!settings.getPaused()) {
      paused.remove(queue);
      settings.setPaused(false);
    }
    once(queueRequest(queue, settings.build()));
  }

  private Rate someRate() {
    return world.percent(30)
        ? NO_RATE
        : Rate.newBuilder()
            .setCount(1 + world.roll(10))
            .setPeriodMs(world.percent(30) ? 10_000 : world.roll(3) * 500)
            .setBurst(world.roll(4))
            .build();
  }

  private static ConfigureQueueRequest queueRequest(String queue, QueueSettings settings) {
    return ConfigureQueueRequest.newBuilder().setQueue(queue).setSettings(settings).build();
  }

  private ConfigureTenantRequest tenantRequest(String queue) {
    ConfigureTenantRequest.Builder request =
        ConfigureTenantRequest.newBuilder().setQueue(queue).setTenant("t" + world.roll(3));
    switch (world.roll(3)) {
      case 0 -> request.setWeight(1 + world.roll(300));
      case 1 -> request.setConcurrency(world.roll(3));
      default -> {
        rated.add(request.build().toBuilder().setRate(NO_RATE).build());
        request.setRate(someRate());
      }
    }
    return request.build();
  }

  /** Nothing stands still for ever: pauses end. What only slows things a little may remain. */
  void stop() {
    for (String queue : queues) {
      QueueSettings.Builder settings =
          QueueSettings.newBuilder().setPaused(false).setTenantRate(NO_RATE);
      settings.setRate(Rate.newBuilder().setCount(world.percent(50) ? 0 : world.between(10, 29)));
      if (world.percent(50)) {
        settings.setConcurrency(0).setTenantConcurrency(0);
      }
      unanswered++;
      untilHeard(queueRequest(queue, settings.build()));
    }
    for (ConfigureTenantRequest request : rated) {
      unanswered++;
      untilHeard(request);
    }
  }

  private void once(ConfigureQueueRequest request) {
    send(request, () -> {}, () -> {});
  }

  private void once(ConfigureTenantRequest request) {
    send(request, () -> {}, () -> {});
  }

  private void untilHeard(ConfigureQueueRequest request) {
    send(request, () -> unanswered--, () -> world.after(100, process, () -> untilHeard(request)));
  }

  private void untilHeard(ConfigureTenantRequest request) {
    send(request, () -> unanswered--, () -> world.after(100, process, () -> untilHeard(request)));
  }

  private void send(ConfigureQueueRequest request, Runnable heard, Runnable lost) {
    tell(request);
    this.<QueueInfo>call((to, caller) -> to.queues.configureQueue(request, caller), heard, lost);
  }

  private void send(ConfigureTenantRequest request, Runnable heard, Runnable lost) {
    tell(request);
    this.<TenantInfo>call((to, caller) -> to.queues.configureTenant(request, caller), heard, lost);
  }

  private void tell(Message request) {
    world.tell(() -> "settings: " + request.toString().replaceAll("\\s+", " ").trim());
  }

  private interface Method<R> {
    void call(SimulatedMaster to, ServerCallStreamObserver<R> caller);
  }

  private <R> void call(Method<R> method, Runnable heard, Runnable lost) {
    SimulatedCall.<R>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          method.call(to, caller);
          return null;
        },
        new SimulatedCall.Answer<>() {
          private boolean answered;

          @Override
          public void next(R reply) {
            answered = true;
            heard.run();
          }

          @Override
          public void end(@Nullable Throwable failure) {
            World.check(
                failure == null
                    || Status.fromThrowable(failure).getCode() == Status.Code.UNAVAILABLE,
                () -> "settings are refused: " + failure);
            if (!answered) {
              lost.run();
            }
          }
        });
  }
}
