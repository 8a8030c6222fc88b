package dev.muster.master.queue;

import static dev.muster.master.queue.Commands.KEEP;
import static dev.muster.master.queue.Commands.completed;
import static dev.muster.master.queue.Commands.lease;
import static dev.muster.master.queue.Commands.request;
import static dev.muster.master.queue.Commands.settle;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.Rate;
import dev.muster.proto.v1.TaskOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** A queue q, of which a test says for whom its tasks are, and who takes them. */
abstract class ServedQueue extends OneQueue {
  static ByteString[] payloads(int count) {
    ByteString[] payloads = new ByteString[count];
    Arrays.fill(payloads, ByteString.copyFromUtf8("p"));
    return payloads;
  }

  void put(TaskOptions.Builder options, int count) {
    rig.apply(Commands.enqueue("q", options.build(), count));
  }

  static TaskOptions.Builder options() {
    return KEEP.toBuilder();
  }

  void putTenant(String tenant, int count) {
    putTenant(tenant, 0, count);
  }

  void putTenant(String tenant, int priority, int count) {
    EnqueueRequest.Builder request =
        request("q", options().setPriority(priority).build(), payloads(count));
    for (int i = 0; i < count; i++) {
      request.addTenants(tenant);
    }
    rig.apply(Commands.enqueue(request));
  }

  void putGroup(TaskOptions options, String... groups) {
    rig.apply(
        Commands.enqueue(
            request("q", options, payloads(groups.length)).addAllGroups(List.of(groups))));
  }

  List<Long> take(long session, int max) {
    Outcome.Leased leased = (Outcome.Leased) rig.apply(lease("q", session, max));
    return leased.offers().stream().map(Offer::getIdsList).flatMap(List::stream).toList();
  }

  void complete(long id, long token, int runUs) {
    rig.apply(settle(completed(id, token, "").addCompletedRunUs(runUs)));
  }

  Supply supply() {
    return Objects.requireNonNull(rig.waiting.get("q"));
  }

  static Rate perSecond(long count) {
    return Rate.newBuilder().setCount(count).setBurst(1).build();
  }
}
