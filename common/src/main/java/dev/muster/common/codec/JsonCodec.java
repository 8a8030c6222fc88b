package dev.muster.common.codec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;

/** JSON of one type. No default typing: the bytes never choose a class. */
final class JsonCodec<T> implements Codec<T> {
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addModule(JavaTimeAsText.module())
          .build();

  private final JavaType type;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  JsonCodec(ObjectMapper mapper, JavaType type) {
    this.type = type;
    this.reader = mapper.readerFor(type);
    this.writer = mapper.writerFor(type);
  }

  @Override
  public String contentType() {
    return "application/json";
  }

  @Override
  public ByteString encode(T value) {
    try {
      // Nobody else holds the array: wrapping it saves a copy.
      return UnsafeByteOperations.unsafeWrap(writer.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new CodecException(
          typeName() + " cannot be written as JSON" + field(e) + ": " + oneLine(e), e);
    }
  }

  @Override
  public T decode(ByteString bytes) {
    T value;
    try {
      value = reader.readValue(bytes.toByteArray());
    } catch (JsonProcessingException e) {
      throw new CodecException(
          "payload is not JSON of " + typeName() + field(e) + ": " + oneLine(e), e);
    } catch (IOException e) {
      throw new CodecException("payload is not JSON of " + typeName() + ": " + e.getMessage(), e);
    }
    if (value == null) {
      throw new CodecException("payload is not JSON of " + typeName() + ": found null", null);
    }
    return value;
  }

  private String typeName() {
    return type.toCanonical();
  }

  /** " at points[3].x", or nothing when the fault is not within a field. */
  private static String field(JsonProcessingException e) {
    if (!(e instanceof JsonMappingException mapping) || mapping.getPath().isEmpty()) {
      return "";
    }
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference step : mapping.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return " at " + path;
  }

  private static String oneLine(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    return message == null ? e.getClass().getSimpleName() : message.replaceAll("\\s+", " ");
  }
}
