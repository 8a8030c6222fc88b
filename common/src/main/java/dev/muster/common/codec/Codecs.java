package dev.muster.common.codec;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;

/** The codecs that come with Muster. */
public final class Codecs {
  private Codecs() {}

  /**
   * JSON of a class: records, beans, numbers, strings, lists, maps, enums, and the types of {@code
   * java.time} as ISO-8601 text. Unknown fields are ignored, so that a producer may be newer than
   * its worker; text after the value, and null for a primitive, are errors.
   */
  public static <T> Codec<T> json(Class<T> type) {
    ObjectMapper mapper = JsonCodec.MAPPER;
    return new JsonCodec<>(mapper, mapper.constructType(type));
  }

  /** As {@link #json(Class)}, for generic types: {@code new TypeReference<List<Point>>() {}}. */
  public static <T> Codec<T> json(TypeReference<T> type) {
    ObjectMapper mapper = JsonCodec.MAPPER;
    return new JsonCodec<>(mapper, mapper.constructType(type));
  }

  /** JSON by a mapper of one's own, e.g. with Jackson modules for further types. */
  public static <T> Codec<T> json(ObjectMapper mapper, TypeReference<T> type) {
    return new JsonCodec<>(mapper, mapper.constructType(type));
  }

  /** The bytes themselves; copied on both ways, so arrays may be reused. */
  public static Codec<byte[]> bytes() {
    return BytesCodec.INSTANCE;
  }

  /** Protobuf messages: {@code Codecs.protobuf(Order.parser())}. */
  public static <M extends MessageLite> Codec<M> protobuf(Parser<M> parser) {
    return new ProtobufCodec<>(parser);
  }
}
