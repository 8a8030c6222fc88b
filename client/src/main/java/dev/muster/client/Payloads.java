package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;

/** Values to payloads: which codec a class means, and the limit on size. */
final class Payloads {
  /** What a message holds beside one payload and what tasks share: the number and the keys. */
  static final int OTHER_BYTES_MAX = 4 << 10;

  private Payloads() {}

  /** {@code byte[]} is sent as it is, everything else as JSON. */
  @SuppressWarnings("unchecked") // byte[].class is checked before the cast
  static <T> Codec<T> codec(Class<T> type) {
    return type == byte[].class ? (Codec<T>) Codecs.bytes() : Codecs.json(type);
  }

  /** Encodes a value for a queue, or says that it is too large. */
  static <T> ByteString encode(Codec<T> codec, T value, TaskSpec spec) {
    ByteString payload = codec.encode(value);
    if (payload.size() > Limits.PAYLOAD_BYTES_MAX) {
      throw new InvalidInputException(
          "payload for queue "
              + spec.queue()
              + " must have at most "
              + Limits.PAYLOAD_BYTES_MAX
              + " bytes, found "
              + payload.size()
              + ": store it elsewhere and send its address");
    }
    int sharedBytes = spec.request().getSerializedSize(); // computed once, then remembered
    if (payload.size() + sharedBytes > Limits.MESSAGE_BYTES_MAX - OTHER_BYTES_MAX) {
      throw new InvalidInputException(
          "a payload of "
              + payload.size()
              + " bytes does not fit into one message of at most "
              + Limits.MESSAGE_BYTES_MAX
              + " bytes with the "
              + spec.request().getAfterIdsCount()
              + " tasks that it waits for: store the payload elsewhere and send its address");
    }
    return payload;
  }
}
