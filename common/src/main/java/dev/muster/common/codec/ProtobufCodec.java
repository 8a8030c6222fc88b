package dev.muster.common.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;

/** Protobuf messages of one type. */
final class ProtobufCodec<M extends MessageLite> implements Codec<M> {
  private final Parser<M> parser;

  ProtobufCodec(Parser<M> parser) {
    this.parser = parser;
  }

  @Override
  public String contentType() {
    return "application/protobuf";
  }

  @Override
  public ByteString encode(M value) {
    return value.toByteString();
  }

  @Override
  public M decode(ByteString bytes) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new CodecException(
          "payload of "
              + bytes.size()
              + " bytes is not the expected protobuf message ("
              + parser.getClass().getName().replaceFirst("\\$\\d+$", "")
              + "): "
              + e.getMessage(),
          e);
    }
  }
}
