package dev.muster.worker;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.muster.common.Limits;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.ResultPolicy;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The handlers of a worker by name, and how one of them runs one task. Thread-safe. */
final class HandlerTable {
  private static final Codec<Object> JSON = Codecs.json(Object.class);
  private static final ByteString JSON_NULL = ByteString.copyFromUtf8("null");

  private final Map<String, Bound<?>> byName;

  HandlerTable(Map<String, Bound<?>> byName) {
    this.byName = new TreeMap<>(byName);
  }

  /** A handler and how its payloads are read. */
  record Bound<T>(Codec<T> codec, ContextHandler<T> handler) {}

  Set<String> names() {
    return byName.keySet();
  }

  /**
   * What came of a task: a result with its content type (both empty: none wanted), or a failure.
   */
  record Outcome(ByteString result, String contentType, @Nullable Failure failure) {
    static final Outcome DONE = new Outcome(ByteString.EMPTY, "", null);

    static Outcome failed(Failure failure) {
      return new Outcome(ByteString.EMPTY, "", failure);
    }
  }

  /** Runs a task; every exception becomes a failure, but Errors are the caller's business. */
  Outcome run(Offer offer, int index, TaskContext context) {
    String name = offer.getOptions().getHandler();
    Bound<?> bound = byName.get(name);
    if (bound == null) {
      return Outcome.failed(Failures.unknownHandler(name, byName.keySet()));
    }
    return run(bound, offer, index, context);
  }

  private static <T> Outcome run(Bound<T> bound, Offer offer, int index, TaskContext context) {
    T payload;
    try {
      payload = bound.codec().decode(offer.getPayloads(index));
    } catch (RuntimeException e) {
      return Outcome.failed(Failures.undecodable(e));
    }
    Object result;
    try {
      result = bound.handler().apply(payload, context);
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return Outcome.failed(Failures.thrown(e));
    }
    if (offer.getOptions().getResultPolicy() == ResultPolicy.RESULT_POLICY_DROP) {
      return Outcome.DONE;
    }
    return encoded(result, context);
  }

  private static Outcome encoded(@Nullable Object result, TaskContext context) {
    Outcome outcome;
    try {
      outcome = encode(result);
    } catch (RuntimeException e) {
      return Outcome.failed(Failures.unencodable(context.handler(), typeOf(result), e));
    }
    int bytes = outcome.result().size();
    return bytes > Limits.PAYLOAD_BYTES_MAX
        ? Outcome.failed(Failures.resultTooLarge(context.handler(), bytes))
        : outcome;
  }

  private static String typeOf(@Nullable Object value) {
    return value == null ? "null" : value.getClass().getName();
  }

  private static Outcome encode(@Nullable Object result) {
    if (result == null) {
      return new Outcome(JSON_NULL, JSON.contentType(), null);
    }
    if (result instanceof byte[] bytes) {
      return new Outcome(Codecs.bytes().encode(bytes), Codecs.bytes().contentType(), null);
    }
    if (result instanceof MessageLite message) {
      return new Outcome(message.toByteString(), "application/protobuf", null);
    }
    return new Outcome(JSON.encode(result), JSON.contentType(), null);
  }
}
