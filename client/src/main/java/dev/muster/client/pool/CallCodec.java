package dev.muster.client.pool;

import com.google.protobuf.ByteString;
import dev.muster.common.codec.Codec;
import org.jspecify.annotations.Nullable;

/** Reads the result of one call; a handler may return null. */
record CallCodec<R>(RemoteFunction<?, R> function) implements Codec<CallCodec.Value<R>> {
  record Value<R>(@Nullable R value) {}

  @Override
  public String contentType() {
    return function.result().contentType();
  }

  @Override
  public ByteString encode(Value<R> value) {
    throw new UnsupportedOperationException("results are read only");
  }

  @Override
  public Value<R> decode(ByteString bytes) {
    return new Value<>(function.read(bytes));
  }
}
