package dev.muster.client.pool;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.Failure;

/** What comes of items, for tests of who reads it. */
public final class ItemResults {
  private ItemResults() {}

  public static ItemResult<ByteString> value(long index, String json) {
    return new ItemResult<>(
        index, ByteString.copyFromUtf8(json), null, 1, "w1@host-a:77", 1_700_000_000_123L, 4_567);
  }

  public static ItemResult<ByteString> failure(long index, String kind, String message) {
    Failure failure = Failure.newBuilder().setKind(kind).setMessage(message).build();
    return new ItemResult<>(
        index,
        null,
        RemoteFailure.ofItem(index, failure),
        2,
        "w1@host-a:77",
        1_700_000_000_123L,
        4_567);
  }
}
