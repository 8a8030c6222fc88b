package dev.muster.worker;

import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Failure;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a task.
 *
 * @param result empty with an empty content type: none wanted
 * @param failure null: a success
 * @param retryAfterMs with a failure: when to try again instead of the back-off; 0: the back-off
 * @param followUps with a success: what it enqueues
 * @param crash with a failure: the process of its handler died, by this cause; null: it did not
 */
record Outcome(
    EncodedValue result,
    @Nullable Failure failure,
    long retryAfterMs,
    List<EnqueueRequest> followUps,
    @Nullable String crash) {
  /** It never began here: given back, free of charge. */
  static final Outcome RETURNED = failed(Failures.crashed("it did not begin"));

  static Outcome completed(EncodedValue result, List<EnqueueRequest> followUps) {
    return new Outcome(result, null, 0, followUps, null);
  }

  static Outcome failed(Failure failure) {
    return failed(failure, 0);
  }

  static Outcome failed(Failure failure, long retryAfterMs) {
    return new Outcome(EncodedValue.NONE, failure, retryAfterMs, List.of(), null);
  }

  /** The process that ran it died. */
  static Outcome crashed(String cause) {
    return new Outcome(EncodedValue.NONE, Failures.crashed(cause), 0, List.of(), cause);
  }

  /** Size of result and follow-ups. */
  int bytes() {
    int sum = result.bytes().size();
    for (EnqueueRequest tasks : followUps) {
      sum += tasks.getSerializedSize();
    }
    return sum;
  }
}
