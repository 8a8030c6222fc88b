package dev.muster.common.codec;

import com.google.protobuf.ByteString;

/**
 * Writes values of one type as payload bytes and reads them back. Implementations are thread-safe.
 *
 * @param <T> the type of the values
 */
public interface Codec<T> {
  /** Travels beside the bytes, e.g. "application/json"; at most 255 bytes. */
  String contentType();

  /**
   * Writes a value.
   *
   * @throws CodecException when the value has no such form
   */
  ByteString encode(T value);

  /**
   * Reads a value.
   *
   * @throws CodecException when the bytes are not a value of this type
   */
  T decode(ByteString bytes);
}
