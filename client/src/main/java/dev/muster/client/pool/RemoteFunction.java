package dev.muster.client.pool;

import com.fasterxml.jackson.core.type.TypeReference;
import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pool runs: the name of a handler that workers have, and how its argument and its result
 * are written. Code does not travel; make it once and use it often.
 *
 * <pre>{@code
 * RemoteFunction<Integer, Integer> square =
 *     RemoteFunction.of("square", Integer.class, Integer.class);
 * }</pre>
 *
 * @param handler at most 255 bytes, not empty
 * @param argument writes an item
 * @param result reads what the handler returned
 */
public record RemoteFunction<T, R>(String handler, Codec<T> argument, Codec<R> result) {
  private static final ByteString JSON_NULL = ByteString.copyFromUtf8("null");

  public RemoteFunction {
    int bytes = handler.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > Limits.NAME_BYTES_MAX) {
      throw new InvalidInputException(
          "a handler's name must have 1 to " + Limits.NAME_BYTES_MAX + " bytes, found " + bytes);
    }
  }

  /** Argument and result as JSON; {@code byte[]} as it is. */
  public static <T, R> RemoteFunction<T, R> of(String handler, Class<T> argument, Class<R> result) {
    return new RemoteFunction<>(handler, codec(argument), codec(result));
  }

  /**
   * For {@link Pool#starmap}: a list of arguments goes as one JSON array, which the handler takes
   * as an array, a list, or a class with {@code @JsonFormat(shape = ARRAY)}.
   */
  public static <R> RemoteFunction<List<?>, R> ofArguments(String handler, Class<R> result) {
    return new RemoteFunction<>(
        handler, Codecs.json(new TypeReference<List<?>>() {}), codec(result));
  }

  /** What the handler returned; null when it returned null. */
  @Nullable R read(ByteString bytes) {
    boolean none = bytes.equals(JSON_NULL) && result.contentType().equals("application/json");
    return none ? null : result.decode(bytes);
  }

  @SuppressWarnings("unchecked") // byte[].class is checked before the cast
  static <T> Codec<T> codec(Class<T> type) {
    return type == byte[].class ? (Codec<T>) Codecs.bytes() : Codecs.json(type);
  }
}
