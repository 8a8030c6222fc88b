package dev.muster.master.rpc;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TaskOptions;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules that a request can break by itself, checked before it goes anywhere. Null means that it
 * breaks none.
 */
final class RequestCheck {
  private RequestCheck() {}

  static Outcome.@Nullable Refused queue(String name) {
    try {
      QueueName.check(name);
      return null;
    } catch (InvalidInputException e) {
      return new Outcome.Refused(RefusalReason.REFUSAL_REASON_BAD_QUEUE_NAME, message(e));
    }
  }

  private static String message(InvalidInputException e) {
    return String.valueOf(e.getMessage());
  }

  static Outcome.@Nullable Refused enqueue(EnqueueRequest request, boolean numbered) {
    Outcome.Refused refused = queue(request.getQueue());
    if (refused == null) {
      refused = request(request.getRequest(), numbered || request.hasRequest());
    }
    if (refused == null) {
      refused = options(request.getOptions());
    }
    return refused == null ? payloads(request) : refused;
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

  private static Outcome.@Nullable Refused options(TaskOptions options) {
    if (isLong(options.getHandler()) || isLong(options.getContentType())) {
      return bad(
          "a handler's name and a content type have at most " + Limits.NAME_BYTES_MAX + " bytes");
    }
    int headerBytes = 0;
    for (Map.Entry<String, String> header : options.getHeadersMap().entrySet()) {
      headerBytes += bytes(header.getKey()) + bytes(header.getValue());
    }
    if (headerBytes > Limits.HEADERS_BYTES_MAX) {
      return bad(
          "headers have at most " + Limits.HEADERS_BYTES_MAX + " bytes, found " + headerBytes);
    }
    return options.getResultPolicy() == ResultPolicy.RESULT_POLICY_QUEUE
        ? queue(options.getResultQueue())
        : null;
  }

  private static Outcome.@Nullable Refused payloads(EnqueueRequest request) {
    int count = request.getPayloadsCount();
    if (count < 1 || count > Limits.BATCH_TASKS_MAX) {
      return bad("a request has 1 to " + Limits.BATCH_TASKS_MAX + " payloads, found " + count);
    }
    long bytes = 0;
    for (ByteString payload : request.getPayloadsList()) {
      bytes += payload.size();
    }
    if (bytes > Limits.REQUEST_PAYLOAD_BYTES_MAX) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_TOO_LARGE,
          "the payloads of one request have at most "
              + Limits.REQUEST_PAYLOAD_BYTES_MAX
              + " bytes together, found "
              + bytes);
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

  static Outcome.@Nullable Refused settlement(Settlement settlement) {
    Outcome.Refused refused =
        columns(settlement.getCompletedIdsCount(), settlement.getCompletedTokensCount());
    if (refused == null) {
      refused = columns(settlement.getReturnedIdsCount(), settlement.getReturnedTokensCount());
    }
    if (refused == null
        && settlement.getResultsCount() > 0
        && settlement.getResultsCount() != settlement.getCompletedIdsCount()) {
      refused = bad("results are as many as completed ids, or none");
    }
    if (refused == null && isLong(settlement.getResultContentType())) {
      refused = bad("a content type has at most " + Limits.NAME_BYTES_MAX + " bytes");
    }
    for (ByteString result : settlement.getResultsList()) {
      if (refused == null && result.size() > Limits.PAYLOAD_BYTES_MAX) {
        refused =
            new Outcome.Refused(
                RefusalReason.REFUSAL_REASON_TOO_LARGE,
                "a result has at most "
                    + Limits.PAYLOAD_BYTES_MAX
                    + " bytes, found "
                    + result.size());
      }
    }
    for (FailedAttempt failed : settlement.getFailedList()) {
      if (refused == null) {
        refused = failure(failed.getFailure());
      }
    }
    return refused;
  }

  private static Outcome.@Nullable Refused failure(Failure failure) {
    return isLong(failure.getKind())
            || bytes(failure.getMessage()) > Limits.FAILURE_MESSAGE_BYTES_MAX
            || bytes(failure.getDetail()) > Limits.FAILURE_DETAIL_BYTES_MAX
        ? bad(
            "a failure has a kind of at most "
                + Limits.NAME_BYTES_MAX
                + " bytes, a message of "
                + Limits.FAILURE_MESSAGE_BYTES_MAX
                + " and a detail of "
                + Limits.FAILURE_DETAIL_BYTES_MAX)
        : null;
  }

  static Outcome.@Nullable Refused hello(Hello hello) {
    if (hello.getSession().size() != Limits.SESSION_ID_BYTES) {
      return bad(
          "a worker's session has "
              + Limits.SESSION_ID_BYTES
              + " bytes, found "
              + hello.getSession().size());
    }
    int queues = hello.getQueuesCount();
    if (queues < 1 || queues > Limits.WORKER_QUEUES_MAX) {
      return bad("a worker serves 1 to " + Limits.WORKER_QUEUES_MAX + " queues, found " + queues);
    }
    if (isLong(hello.getName()) || isLong(hello.getHost()) || isLong(hello.getClient())) {
      return bad(
          "a worker's name, host and client have at most " + Limits.NAME_BYTES_MAX + " bytes");
    }
    Outcome.Refused refused = columns(hello.getHeldIdsCount(), hello.getHeldTokensCount());
    for (String queue : hello.getQueuesList()) {
      if (refused == null) {
        refused = queue(queue);
      }
    }
    return refused;
  }

  private static boolean isLong(String name) {
    return bytes(name) > Limits.NAME_BYTES_MAX;
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  static Outcome.Refused bad(String message) {
    return new Outcome.Refused(RefusalReason.REFUSAL_REASON_BAD_REQUEST, message);
  }
}
