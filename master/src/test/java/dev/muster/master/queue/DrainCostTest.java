package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What it costs to take tasks that wait in the store, in operations of the store. */
final class DrainCostTest {
  private static final int BATCH = 500;
  private static final int BATCHES = 40;

  /** Of {@link Lane}: so many places are read at a time. */
  private static final int PAGE = 4096;

  private final Map<String, Integer> calls = new HashMap<>();
  private final MachineRig rig = new MachineRig(counted(new MemoryStateStore()));

  private StateStore counted(StateStore store) {
    return (StateStore)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {StateStore.class},
            (proxy, method, arguments) -> {
              calls.merge(method.getName(), 1, Integer::sum);
              return method.invoke(store, arguments);
            });
  }

  @Test
  void shouldReadTasksOfTheStoreByThePage() {
    // given
    for (int i = 0; i < BATCHES; i++) {
      rig.apply(Commands.enqueue("tasks", TaskOptions.getDefaultInstance(), BATCH));
    }
    rig.flush();
    rig.crash();
    long session = ((Outcome.Opened) rig.apply(Commands.open("worker"))).number();
    calls.clear();
    // when
    for (int i = 0; i < BATCHES; i++) {
      takeAndSettle(session, i + 1);
      if (i % 10 == 0) {
        rig.roll();
      } else if (i % 10 == 5) {
        rig.commit();
        rig.flushed();
      }
    }
    // then
    int pages = BATCHES * BATCH / PAGE + 1;
    assertThat(calls).doesNotContainKey("task").containsKey("taskReader");
    assertThat(calls.get("scan")).as("scans: %s", calls).isLessThanOrEqualTo(pages + 1);
    assertThat(calls.get("taskReader")).as("readers: %s", calls).isLessThanOrEqualTo(pages + 1);
  }

  private void takeAndSettle(long session, long number) {
    Outcome.Leased leased = (Outcome.Leased) rig.apply(Commands.lease("tasks", session, BATCH));
    assertThat(leased.count()).isEqualTo(BATCH);
    Settlement.Builder settlement = Settlement.newBuilder();
    for (Offer offer : leased.offers()) {
      for (long id : offer.getIdsList()) {
        settlement
            .addCompletedIds(id)
            .addCompletedTokens(offer.getToken())
            .addResults(ByteString.EMPTY)
            .addCompletedRunUs(3);
      }
    }
    rig.apply(Commands.settle(session, number, settlement));
  }
}
