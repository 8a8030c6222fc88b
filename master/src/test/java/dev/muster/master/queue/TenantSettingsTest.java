package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.enqueue;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.settle;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.ConfigureTenantRequest;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TenantInfo;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is set for a tenant stays, also for one that was about to be forgotten. */
final class TenantSettingsTest {
  private final MachineRig rig = new MachineRig();

  @BeforeEach
  void limitTenants() {
    rig.apply(tenantRate(60_000));
  }

  @AfterEach
  void shouldSurviveARestart() {
    List<TenantInfo> before = tenants();
    rig.crash();
    rig.flush();
    rig.crash();
    assertThat(tenants()).isEqualTo(before);
  }

  private static Command tenantRate(int periodMs) {
    Rate rate = Rate.newBuilder().setCount(1).setPeriodMs(periodMs).setBurst(1).build();
    return Command.newBuilder()
        .setConfigureQueue(
            ConfigureQueueRequest.newBuilder()
                .setQueue("q")
                .setSettings(QueueSettings.newBuilder().setTenantRate(rate)))
        .build();
  }

  private static Command put(String tenant) {
    return enqueue(request("q", KEEP, ByteString.EMPTY).addTenants(tenant));
  }

  /** A task of this tenant has run; some time passes. */
  private void run(String tenant) {
    long id = ((Outcome.Enqueued) rig.apply(put(tenant))).firstId();
    rig.apply(lease("q", 0, 1));
    rig.apply(settle(completed(id, rig.index(), "")));
    rig.clockMs += 1_000;
  }

  private void setRate(String tenant) {
    rig.apply(
        Command.newBuilder()
            .setConfigureTenant(
                ConfigureTenantRequest.newBuilder()
                    .setQueue("q")
                    .setTenant(tenant)
                    .setRate(Rate.newBuilder().setCount(100)))
            .build());
  }

  /** Long enough for every bucket to be full; then the queue changes. */
  private void pass() {
    rig.clockMs += 120_000;
    rig.apply(enqueue("q", 1));
  }

  private List<TenantInfo> tenants() {
    return rig.machine.tenants("q", "", 10);
  }

  private List<String> names() {
    return tenants().stream().map(TenantInfo::getTenant).toList();
  }

  @Test
  void shouldKeepTheRateThatAnIdleTenantWasGiven() {
    run("a");
    run("b");
    setRate("b");
    pass();
    assertThat(names()).containsExactly("b");
    assertThat(tenants().get(0).getRate().getCount()).isEqualTo(100);
  }

  @Test
  void shouldKnowTheTenantOfWhatWaitsAfterItsRateWasSet() {
    run("a");
    run("b");
    setRate("b");
    rig.apply(put("b"));
    pass();
    assertThat(names()).containsExactly("b");
    rig.flush();
    rig.crash();
    assertThat(tenants().get(0).getWaiting()).isEqualTo(1);
  }

  @Test
  void shouldKeepAnIdleTenantThatComesBackAsTheRateOfAllChanges() {
    run("b");
    run("a");
    rig.apply(List.of(tenantRate(1_000), put("a")));
    pass();
    assertThat(names()).containsExactly("a");
    rig.flush();
    rig.crash();
    assertThat(tenants().get(0).getWaiting()).isEqualTo(1);
  }
}
