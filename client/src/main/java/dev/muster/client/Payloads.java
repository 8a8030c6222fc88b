package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;

/** Values to payloads: which codec a class means, and the limit on size. */
final class Payloads {
  private Payloads() {}

  /** {@code byte[]} is sent as it is, everything else as JSON. */
  @SuppressWarnings("unchecked") // byte[].class is checked before the cast
  static <T> Codec<T> codec(Class<T> type) {
    return type == byte[].class ? (Codec<T>) Codecs.bytes() : Codecs.json(type);
  }

  /** Encodes a value for a queue, or says that it is too large. */
  static <T> ByteString encode(Codec<T> codec, T value, String queue) {
    ByteString payload = codec.encode(value);
    if (payload.size() > Limits.PAYLOAD_BYTES_MAX) {
      throw new InvalidInputException(
          "payload for queue "
              + queue
              + " must have at most "
              + Limits.PAYLOAD_BYTES_MAX
              + " bytes, found "
              + payload.size()
              + ": store it elsewhere and send its address");
    }
    return payload;
  }
}
