package dev.muster.common.codec;

import com.google.protobuf.ByteString;

/** Bytes as they are. */
final class BytesCodec implements Codec<byte[]> {
  static final BytesCodec INSTANCE = new BytesCodec();

  private BytesCodec() {}

  @Override
  public String contentType() {
    return "application/octet-stream";
  }

  @Override
  public ByteString encode(byte[] value) {
    return ByteString.copyFrom(value);
  }

  @Override
  public byte[] decode(ByteString bytes) {
    return bytes.toByteArray();
  }
}
