package dev.muster.worker;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.CompletedUsage;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.Usage;
import org.jspecify.annotations.Nullable;

/**
 * Outcomes of attempts, gathered as columns until a frame takes them. All results have the same
 * content type. Guarded by its owner.
 */
final class SettlementColumns {
  /** Takes no more beyond this; a single outcome may still be larger. */
  static final int PREFERRED_BYTES = 256 << 10;

  private static final int ATTEMPT_BYTES = 24;

  private final Settlement.Builder columns = Settlement.newBuilder();
  private String contentType = "";
  private int results;
  private int count;
  private int bytes;

  /** Whether an outcome may join; without a content type there is no result. */
  boolean takes(Outcome outcome) {
    EncodedValue result = outcome.result();
    boolean sameType =
        result.contentType().isEmpty()
            || contentType.isEmpty()
            || contentType.equals(result.contentType());
    return sameType && (count == 0 || bytes + outcome.bytes() + ATTEMPT_BYTES <= PREFERRED_BYTES);
  }

  /**
   * Done, as a worker says it: with the time that it took, µs.
   *
   * @param usage null: not measured
   */
  void completed(long id, long token, Outcome outcome, int runUs, @Nullable Usage usage) {
    completed(id, token, outcome.result());
    columns.addCompletedRunUs(runUs);
    if (usage != null) {
      columns.addCompletedUsage(
          CompletedUsage.newBuilder()
              .setIndex(columns.getCompletedIdsCount() - 1)
              .setUsage(usage)
              .build());
    }
    for (EnqueueRequest tasks : outcome.followUps()) {
      columns.addFollowUps(
          dev.muster.proto.v1.FollowUp.newBuilder()
              .setId(id)
              .setToken(token)
              .setTasks(tasks)
              .build());
      bytes += tasks.getSerializedSize();
    }
  }

  /** Done; not both ways in the same columns. */
  void completed(long id, long token, EncodedValue value) {
    ByteString result = value.bytes();
    columns.addCompletedIds(id).addCompletedTokens(token);
    if (!value.contentType().isEmpty()) {
      contentType = value.contentType();
    }
    // A column is as long as the ids, or absent: it begins with the first result.
    if (!result.isEmpty() || results > 0) {
      while (results < columns.getCompletedIdsCount() - 1) {
        columns.addResults(ByteString.EMPTY);
        results++;
      }
      columns.addResults(result);
      results++;
    }
    joined(result.size());
  }

  /**
   * Failed, as a worker says it: with the time that it took, µs.
   *
   * @param usage null: not measured
   */
  void failed(
      long id, long token, Failure failure, long retryAfterMs, int runUs, @Nullable Usage usage) {
    FailedAttempt.Builder failed =
        FailedAttempt.newBuilder().setId(id).setToken(token).setFailure(failure);
    if (usage != null) {
      failed.setUsage(usage);
    }
    columns.addFailed(failed.setRetryAfterMs(retryAfterMs).setRunUs(runUs).build());
    joined(failure.getSerializedSize());
  }

  /**
   * The process that ran it died.
   *
   * @param runUs how long the handler ran, µs
   */
  void crashed(long id, long token, String cause, int runUs) {
    CrashedAttempt.Builder crashed =
        CrashedAttempt.newBuilder().setId(id).setToken(token).setCause(cause);
    columns.addCrashed(crashed.setRunUs(runUs).build());
    joined(cause.length());
  }

  void cancelled(long id, long token) {
    columns.addCancelledIds(id).addCancelledTokens(token);
    joined(0);
  }

  void returned(long id, long token) {
    columns.addReturnedIds(id).addReturnedTokens(token);
    joined(0);
  }

  private void joined(int size) {
    count++;
    bytes += size + ATTEMPT_BYTES;
  }

  int count() {
    return count;
  }

  int bytes() {
    return bytes;
  }

  Settlement build() {
    return columns.setResultContentType(contentType).build();
  }
}
