package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import org.jspecify.annotations.Nullable;

/** One task of the {@link ReferenceModel}. */
final class ReferenceItem {
  final long id;
  final ReferenceQueue queue;
  final TaskOptions options;
  final ByteString payload;
  TaskState state = TaskState.TASK_STATE_READY;
  int attempts;
  int failures;
  int crashes;
  int returns;
  int expiries;
  long token;
  long session;
  long leaseUntilMs;
  ByteString result = ByteString.EMPTY;

  final String tenant;
  final String group;
  final long enqueuedMs;
  long offeredMs;

  ReferenceItem(
      long id,
      ReferenceQueue queue,
      TaskOptions options,
      ByteString payload,
      String tenant,
      String group,
      long enqueuedMs) {
    this.tenant = tenant;
    this.group = group;
    this.enqueuedMs = enqueuedMs;
    this.id = id;
    this.queue = queue;
    this.options = options;
    this.payload = payload;
  }

  int cost() {
    return Math.max(1, options.getCost());
  }

  boolean fits(ReferenceModel.@Nullable Session session) {
    return session == null
        ? options.getRequiresCount() == 0
        : (session.slots == 0 || cost() <= session.slots)
            && session.labels.entrySet().containsAll(options.getRequiresMap().entrySet());
  }

  boolean isLeased() {
    return state == TaskState.TASK_STATE_RUNNING;
  }
}
