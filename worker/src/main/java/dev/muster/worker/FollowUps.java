package dev.muster.worker;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.proto.v1.EnqueueRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The follow-ups of one task, in order; neighbours of the same kind share a request, as columns.
 * Guarded by its owner.
 */
final class FollowUps {
  private static final int TASK_BYTES = 16;

  private final List<EnqueueRequest> complete = new ArrayList<>();
  private final List<FollowUp> alike = new ArrayList<>();
  private int count;
  private int bytes;

  void add(FollowUp next) {
    boolean starts = alike.isEmpty() || !alike.get(0).request().equals(next.request());
    int size =
        TASK_BYTES
            + next.payload().size()
            + 3 * (next.group().length() + next.tenant().length() + next.unique().length())
            + (starts ? next.request().getSerializedSize() : 0);
    if (bytes + size > Limits.REQUEST_PAYLOAD_BYTES_MAX || count >= Limits.BATCH_TASKS_MAX) {
      throw new InvalidInputException(
          "the follow-ups of a task must be at most "
              + Limits.BATCH_TASKS_MAX
              + " with "
              + Limits.REQUEST_PAYLOAD_BYTES_MAX
              + " bytes together, found more: let follow-ups enqueue the others");
    }
    if (starts) {
      finishRequest();
    }
    alike.add(next);
    count++;
    bytes += size;
  }

  private void finishRequest() {
    if (alike.isEmpty()) {
      return;
    }
    EnqueueRequest.Builder request = alike.get(0).request().toBuilder();
    alike.forEach(task -> request.addPayloads(task.payload()));
    request.addAllGroups(column(FollowUp::group));
    request.addAllTenants(column(FollowUp::tenant));
    request.addAllUniqueKeys(column(FollowUp::unique));
    complete.add(request.build());
    alike.clear();
  }

  /** Empty when none has one. */
  private List<String> column(Function<FollowUp, String> of) {
    List<String> values = alike.stream().map(of).toList();
    return values.stream().allMatch(String::isEmpty) ? List.of() : values;
  }

  List<EnqueueRequest> build() {
    finishRequest();
    return List.copyOf(complete);
  }
}
