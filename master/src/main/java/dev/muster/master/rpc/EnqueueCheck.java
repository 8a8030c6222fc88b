package dev.muster.master.rpc;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.UniqueScope;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules of an enqueue. Null means that none is broken. */
final class EnqueueCheck {
  private EnqueueCheck() {}

  static Outcome.@Nullable Refused enqueue(EnqueueRequest request, boolean numbered) {
    Outcome.Refused refused = RequestCheck.queue(request.getQueue());
    if (refused == null) {
      refused = RequestCheck.request(request.getRequest(), numbered || request.hasRequest());
    }
    if (refused == null) {
      refused = OptionsCheck.options(request.getOptions());
    }
    if (refused == null) {
      refused = payloads(request.getPayloadsList());
    }
    if (refused == null) {
      refused = times(request);
    }
    if (refused == null) {
      refused = keys(request);
    }
    return refused == null ? dependencies(request) : refused;
  }

  private static Outcome.@Nullable Refused payloads(List<ByteString> payloads) {
    int count = payloads.size();
    if (count < 1 || count > Limits.BATCH_TASKS_MAX) {
      return RequestCheck.bad(
          "a request has 1 to " + Limits.BATCH_TASKS_MAX + " payloads, found " + count);
    }
    long bytes = 0;
    for (ByteString payload : payloads) {
      bytes += payload.size();
    }
    return together(bytes);
  }

  /** The payloads of one request. */
  static Outcome.@Nullable Refused together(long bytes) {
    return bytes > Limits.REQUEST_PAYLOAD_BYTES_MAX
        ? RequestCheck.tooLarge(
            "the payloads of one request have at most "
                + Limits.REQUEST_PAYLOAD_BYTES_MAX
                + " bytes together, found "
                + bytes)
        : null;
  }

  private static Outcome.@Nullable Refused times(EnqueueRequest request) {
    if (request.getDelayMs() != 0 && request.getRunAtMs() != 0) {
      return RequestCheck.bad("a request has a delay or a time to run at, not both");
    }
    if (request.getRunAtMs() < 0 || request.getRunAtMs() > Limits.RUN_AT_MS_MAX) {
      return RequestCheck.bad(
          "the time to run at is in ms since the epoch, from 1 to "
              + Limits.RUN_AT_MS_MAX
              + ", found "
              + request.getRunAtMs());
    }
    if (request.getWaitMs() < 0 || request.getWaitMs() > Limits.ENQUEUE_WAIT_MS_MAX) {
      return RequestCheck.bad(
          "an enqueue waits for room at most "
              + Limits.ENQUEUE_WAIT_MS_MAX
              + " ms, found "
              + Integer.toUnsignedString(request.getWaitMs())
              + "; send it again after that, under the same number");
    }
    Outcome.Refused refused =
        RequestCheck.time("a delay", request.getDelayMs(), Limits.TASK_TIME_MS_MAX);
    return refused == null
        ? RequestCheck.time(
            "the time that a unique key holds", request.getUniqueForMs(), Limits.TASK_TIME_MS_MAX)
        : refused;
  }

  private static Outcome.@Nullable Refused keys(EnqueueRequest request) {
    int count = request.getPayloadsCount();
    Outcome.Refused refused =
        column("group", request.getGroupsList(), request.getGroupIndexesList(), count);
    if (refused == null) {
      refused = column("tenant", request.getTenantsList(), request.getTenantIndexesList(), count);
    }
    if (refused == null) {
      refused = column("unique keys", request.getUniqueKeysList(), count);
    }
    if (refused == null && request.getUniqueScope() == UniqueScope.UNRECOGNIZED) {
      refused =
          RequestCheck.bad(
              "a unique scope is 0 (queue), 1 (handler) or 2 (master), found "
                  + request.getUniqueScopeValue());
    }
    return refused == null ? uniqueOnce(request.getUniqueKeysList()) : refused;
  }

  /** Keys that are said once, and for each task where its own stands; or a key for each task. */
  private static Outcome.@Nullable Refused column(
      String what, List<String> keys, List<Integer> indexes, int count) {
    if (indexes.isEmpty()) {
      return column(what + "s", keys, count);
    }
    if (indexes.size() != count) {
      return RequestCheck.bad(
          what
              + " indexes are as many as payloads, or none, found "
              + indexes.size()
              + " for "
              + count);
    }
    if (keys.isEmpty() || keys.size() > count) {
      return RequestCheck.bad(
          what
              + "s are 1 to as many as payloads where there are indexes, found "
              + keys.size()
              + " for "
              + count);
    }
    for (int index : indexes) {
      if (index < 0 || index >= keys.size()) {
        return RequestCheck.bad(
            "a "
                + what
                + " index is 0 to "
                + (keys.size() - 1)
                + ", the last of the "
                + what
                + "s, found "
                + Integer.toUnsignedString(index));
      }
    }
    return keys(keys);
  }

  private static Outcome.@Nullable Refused column(String what, List<String> keys, int count) {
    if (!keys.isEmpty() && keys.size() != count) {
      return RequestCheck.bad(
          what + " are as many as payloads, or none, found " + keys.size() + " for " + count);
    }
    return keys(keys);
  }

  private static Outcome.@Nullable Refused keys(List<String> keys) {
    for (String key : keys) {
      Outcome.Refused refused = key(key);
      if (refused != null) {
        return refused;
      }
    }
    return null;
  }

  /** A group, tenant or unique key. */
  static Outcome.@Nullable Refused key(String key) {
    return RequestCheck.isLong(key)
        ? RequestCheck.bad(
            "a key has at most "
                + Limits.NAME_BYTES_MAX
                + " bytes, found "
                + RequestCheck.bytes(key))
        : null;
  }

  private static Outcome.@Nullable Refused uniqueOnce(List<String> keys) {
    Set<String> seen = new HashSet<>(keys.size());
    for (String key : keys) {
      if (!key.isEmpty() && !seen.add(key)) {
        return RequestCheck.duplicate(
            "unique key \"" + key + "\" stands twice in one request: send it once");
      }
    }
    return null;
  }

  private static Outcome.@Nullable Refused dependencies(EnqueueRequest request) {
    if (request.getOnFailure() == OnFailure.UNRECOGNIZED) {
      return unknownOnFailure(request.getOnFailureValue());
    }
    return RequestCheck.ids(
        "a list of tasks that come first", request.getAfterIdsList(), 0, Limits.AFTER_IDS_MAX);
  }

  static Outcome.Refused unknownOnFailure(int found) {
    return RequestCheck.bad(
        "when another fails, a task is cancelled (0) or run (1), found " + found);
  }
}
