package dev.muster.worker;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Settlement;

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

  /** Whether a result may join; without a content type there is no result. */
  boolean takes(ByteString result, String contentType) {
    boolean sameType =
        contentType.isEmpty() || this.contentType.isEmpty() || this.contentType.equals(contentType);
    return sameType && fits(result.size());
  }

  /** Whether a failure may join. */
  boolean takes(Failure failure) {
    return fits(failure.getSerializedSize());
  }

  private boolean fits(int size) {
    return count == 0 || bytes + size + ATTEMPT_BYTES <= PREFERRED_BYTES;
  }

  void completed(long id, long token, ByteString result, String resultType) {
    columns.addCompletedIds(id).addCompletedTokens(token);
    if (!resultType.isEmpty()) {
      contentType = resultType;
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

  void failed(long id, long token, Failure failure) {
    columns.addFailed(
        FailedAttempt.newBuilder().setId(id).setToken(token).setFailure(failure).build());
    joined(failure.getSerializedSize());
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
