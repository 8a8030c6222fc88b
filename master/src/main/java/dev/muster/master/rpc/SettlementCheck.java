package dev.muster.master.rpc;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.CompletedUsage;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.Settlement;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules of what ends attempts. Null means that none is broken. */
final class SettlementCheck {
  private SettlementCheck() {}

  static Outcome.@Nullable Refused settlement(Settlement settlement) {
    Outcome.Refused refused =
        RequestCheck.columns(
            settlement.getCompletedIdsCount(), settlement.getCompletedTokensCount());
    if (refused == null) {
      refused =
          RequestCheck.columns(
              settlement.getReturnedIdsCount(), settlement.getReturnedTokensCount());
    }
    if (refused == null) {
      refused =
          RequestCheck.columns(
              settlement.getCancelledIdsCount(), settlement.getCancelledTokensCount());
    }
    if (refused == null) {
      refused = results(settlement);
    }
    for (FailedAttempt failed : settlement.getFailedList()) {
      if (refused == null) {
        refused = failed(failed);
      }
    }
    if (refused == null) {
      refused = crashed(settlement);
    }
    return refused == null ? followUps(settlement) : refused;
  }

  private static Outcome.@Nullable Refused crashed(Settlement settlement) {
    for (CrashedAttempt crashed : settlement.getCrashedList()) {
      if (RequestCheck.bytes(crashed.getCause()) > Limits.FAILURE_MESSAGE_BYTES_MAX) {
        return RequestCheck.bad(
            "the cause of a crash has at most " + Limits.FAILURE_MESSAGE_BYTES_MAX + " bytes");
      }
    }
    return null;
  }

  private static Outcome.@Nullable Refused results(Settlement settlement) {
    int completed = settlement.getCompletedIdsCount();
    if (settlement.getResultsCount() > 0 && settlement.getResultsCount() != completed) {
      return RequestCheck.bad(
          "results are as many as completed ids, or none, found "
              + settlement.getResultsCount()
              + " for "
              + completed);
    }
    int runTimes = settlement.getCompletedRunUsCount();
    if (runTimes > 0 && runTimes != completed) {
      return RequestCheck.bad(
          "run times are as many as completed ids, or none, found "
              + runTimes
              + " for "
              + completed);
    }
    for (CompletedUsage usage : settlement.getCompletedUsageList()) {
      if (Integer.compareUnsigned(usage.getIndex(), completed) >= 0) {
        return RequestCheck.bad(
            "a usage belongs to one of the "
                + completed
                + " completed ids, found index "
                + Integer.toUnsignedString(usage.getIndex()));
      }
    }
    if (RequestCheck.isLong(settlement.getResultContentType())) {
      return RequestCheck.bad("a content type has at most " + Limits.NAME_BYTES_MAX + " bytes");
    }
    for (ByteString result : settlement.getResultsList()) {
      if (result.size() > Limits.PAYLOAD_BYTES_MAX) {
        return RequestCheck.tooLarge(
            "a result has at most " + Limits.PAYLOAD_BYTES_MAX + " bytes, found " + result.size());
      }
    }
    return null;
  }

  private static Outcome.@Nullable Refused failed(FailedAttempt failed) {
    Failure failure = failed.getFailure();
    if (RequestCheck.isLong(failure.getKind())
        || RequestCheck.bytes(failure.getMessage()) > Limits.FAILURE_MESSAGE_BYTES_MAX
        || RequestCheck.bytes(failure.getDetail()) > Limits.FAILURE_DETAIL_BYTES_MAX) {
      return RequestCheck.bad(
          "a failure has a kind of at most "
              + Limits.NAME_BYTES_MAX
              + " bytes, a message of "
              + Limits.FAILURE_MESSAGE_BYTES_MAX
              + " and a detail of "
              + Limits.FAILURE_DETAIL_BYTES_MAX);
    }
    return RequestCheck.time(
        "the wait before the next attempt", failed.getRetryAfterMs(), Limits.TASK_TIME_MS_MAX);
  }

  private static Outcome.@Nullable Refused followUps(Settlement settlement) {
    if (settlement.getFollowUpsCount() == 0) {
      return null;
    }
    Set<Long> completed = new HashSet<>(settlement.getCompletedIdsList());
    for (FollowUp followUp : settlement.getFollowUpsList()) {
      if (!completed.contains(followUp.getId())) {
        return RequestCheck.bad(
            "a follow-up belongs to a task that this settlement completes, found task "
                + Long.toUnsignedString(followUp.getId()));
      }
      EnqueueRequest tasks = followUp.getTasks();
      if (tasks.hasRequest() || tasks.getWaitMs() != 0 || tasks.getParentId() != 0) {
        return RequestCheck.bad(
            "a follow-up has no request number, no wait and no parent: its task is its parent");
      }
      Outcome.Refused refused = EnqueueCheck.enqueue(tasks, false);
      if (refused != null) {
        return refused;
      }
    }
    return null;
  }
}
