package dev.muster.master.rpc;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.TakeRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules that any request can break by itself, checked before it goes anywhere; each larger
 * message has a check of its own beside this one. Null means that it breaks none.
 */
final class RequestCheck {
  private RequestCheck() {}

  static Outcome.@Nullable Refused queue(String name) {
    try {
      QueueName.check(name);
      return null;
    } catch (InvalidInputException e) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_BAD_QUEUE_NAME, String.valueOf(e.getMessage()));
    }
  }

  static Outcome.@Nullable Refused request(RequestId request, boolean required) {
    if (!required) {
      return null;
    }
    if (request.getSession().size() != Limits.SESSION_ID_BYTES || request.getNumber() < 1) {
      return bad(
          "a request must name its session with "
              + Limits.SESSION_ID_BYTES
              + " bytes and its number from 1, found "
              + request.getSession().size()
              + " bytes and number "
              + request.getNumber());
    }
    return null;
  }

  static Outcome.@Nullable Refused take(TakeRequest request) {
    if (request.getMax() < 1 || request.getMax() > Limits.TAKE_MAX) {
      return bad("a take asks for 1 to " + Limits.TAKE_MAX + " tasks, found " + request.getMax());
    }
    if (request.getWaitMs() < 0 || request.getWaitMs() > Limits.TAKE_WAIT_MS_MAX) {
      return bad("a take waits at most " + Limits.TAKE_WAIT_MS_MAX + " ms; ask again after that");
    }
    Outcome.Refused refused = queue(request.getQueue());
    return refused == null ? visibility(request.getVisibilityTimeoutMs()) : refused;
  }

  static Outcome.@Nullable Refused visibility(int timeoutMs) {
    if (timeoutMs < Limits.VISIBILITY_TIMEOUT_MS_MIN
        || timeoutMs > Limits.VISIBILITY_TIMEOUT_MS_MAX) {
      return bad(
          "a visibility timeout is "
              + Limits.VISIBILITY_TIMEOUT_MS_MIN
              + " to "
              + Limits.VISIBILITY_TIMEOUT_MS_MAX
              + " ms, found "
              + Integer.toUnsignedString(timeoutMs));
    }
    return null;
  }

  static Outcome.@Nullable Refused columns(int ids, int tokens) {
    return ids == tokens
        ? null
        : bad("each id has a token, found " + ids + " ids and " + tokens + " tokens");
  }

  /** The size of a page: 0 asks for the default. */
  static Outcome.@Nullable Refused page(int size) {
    return size < 0 || size > Limits.LIST_PAGE_MAX
        ? bad(
            "a page has 1 to "
                + Limits.LIST_PAGE_MAX
                + " entries, found "
                + Integer.toUnsignedString(size))
        : null;
  }

  /** How many entries a page of this size has. */
  static int pageSize(int size) {
    return size == 0 ? Limits.LIST_PAGE_DEFAULT : size;
  }

  /** So many ids, and none twice. */
  static Outcome.@Nullable Refused ids(String what, List<Long> ids, int min, int max) {
    if (ids.size() < min || ids.size() > max) {
      return bad(what + " names " + min + " to " + max + " tasks, found " + ids.size());
    }
    Set<Long> seen = new HashSet<>(ids.size());
    for (Long id : ids) {
      if (!seen.add(id)) {
        return duplicate(what + " names task " + Long.toUnsignedString(id) + " twice");
      }
    }
    return null;
  }

  /** Labels of a worker, or those that a task requires. */
  static Outcome.@Nullable Refused labels(String whose, Map<String, String> labels) {
    if (labels.size() > Limits.LABELS_MAX) {
      return bad(whose + " has at most " + Limits.LABELS_MAX + " labels, found " + labels.size());
    }
    for (Map.Entry<String, String> label : labels.entrySet()) {
      if (label.getKey().isEmpty() || isLong(label.getKey()) || isLong(label.getValue())) {
        return bad(
            "a label has a name of 1 to "
                + Limits.NAME_BYTES_MAX
                + " bytes and a value of at most as many, found "
                + bytes(label.getKey())
                + " and "
                + bytes(label.getValue()));
      }
    }
    return null;
  }

  /** A time in ms, unsigned on the wire: what a client makes of a negative one is shown as such. */
  static Outcome.@Nullable Refused time(String what, long ms, long maxMs) {
    return ms < 0 || ms > maxMs ? bad(what + " is 0 to " + maxMs + " ms, found " + ms) : null;
  }

  static boolean isLong(String name) {
    // A character has at most three bytes for each char: most names need not be counted.
    return name.length() * 3L > Limits.NAME_BYTES_MAX && bytes(name) > Limits.NAME_BYTES_MAX;
  }

  static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  static Outcome.Refused bad(String message) {
    return new Outcome.Refused(RefusalReason.REFUSAL_REASON_BAD_REQUEST, message);
  }

  static Outcome.Refused duplicate(String message) {
    return new Outcome.Refused(RefusalReason.REFUSAL_REASON_DUPLICATE, message);
  }

  static Outcome.Refused tooLarge(String message) {
    return new Outcome.Refused(RefusalReason.REFUSAL_REASON_TOO_LARGE, message);
  }
}
