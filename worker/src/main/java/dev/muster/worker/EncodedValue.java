package dev.muster.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import org.jspecify.annotations.Nullable;

/** A value as it is sent: {@code byte[]} as it is, a protobuf message as such, all else as JSON. */
record EncodedValue(ByteString bytes, String contentType) {
  static final EncodedValue NONE = new EncodedValue(ByteString.EMPTY, "");
  private static final Codec<Object> JSON = Codecs.json(Object.class);
  private static final ByteString JSON_NULL = ByteString.copyFromUtf8("null");

  /**
   * Encodes a value.
   *
   * @throws dev.muster.common.codec.CodecException when it has no such form
   */
  static EncodedValue of(@Nullable Object value) {
    if (value == null) {
      return new EncodedValue(JSON_NULL, JSON.contentType());
    }
    if (value instanceof byte[] bytes) {
      return new EncodedValue(Codecs.bytes().encode(bytes), Codecs.bytes().contentType());
    }
    if (value instanceof MessageLite message) {
      return new EncodedValue(message.toByteString(), "application/protobuf");
    }
    return new EncodedValue(JSON.encode(value), JSON.contentType());
  }
}
