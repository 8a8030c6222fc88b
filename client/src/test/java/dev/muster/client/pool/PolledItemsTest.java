package dev.muster.client.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.MapRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@link MapResults#poll} has taken reaches the caller, whatever comes after it. */
@Timeout(60)
final class PolledItemsTest {
  private static final RemoteFunction<String, String> ECHO =
      RemoteFunction.of("echo", String.class, String.class);
  private static final MapOptions SINGLE = MapOptions.defaults().chunkSize(1);
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void shouldHandOutWhatItTookWhenNothingIsAcknowledgedAndThenAskForIt()
      throws InterruptedException {
    // given: results fill the window
    MapEngine engine = engine(SINGLE.acknowledgedByHand());
    MapResults<String> results = new MapResults<>(engine, ECHO);
    int sent = 0;
    engine.add(item("x"));
    while (!engine.plan().isEmpty()) {
      receive(engine, sent++, "x".repeat(1 << 20));
      engine.add(item("x"));
    }
    // when
    List<ItemResult<String>> polled = results.poll(100_000, LONG);
    // then: each of them is there, and only who asks on without a word is told
    assertThat(polled).hasSize(sent);
    assertThatThrownBy(() -> results.poll(1, LONG))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("acknowledge()");
    assertThat(engine.record("echo", new ArrayList<>()).getDelivered()).isZero();
    results.acknowledge();
    assertThat(engine.record("echo", new ArrayList<>()).getDelivered()).isEqualTo(sent);
  }

  @Test
  void shouldHandOutWhatItTookWhenTheMapFailsAfterIt() throws InterruptedException {
    MapEngine engine = engine(SINGLE);
    MapResults<String> results = new MapResults<>(engine, ECHO);
    plan(engine, 2);
    receive(engine, 0, "a");
    engine.broken(new MusterException("the master is gone"));

    assertThat(results.poll(10, LONG)).extracting(ItemResult::value).containsExactly("a");
    assertThat(engine.record("echo", new ArrayList<>()).getDelivered())
        .as("the last one counts when the next is asked for")
        .isZero();
    assertThatThrownBy(() -> results.poll(10, LONG)).hasMessage("the master is gone");
  }

  @Test
  void shouldCountAllButTheLastAsDelivered() throws InterruptedException {
    MapEngine engine = engine(SINGLE);
    MapResults<String> results = new MapResults<>(engine, ECHO);
    plan(engine, 3);
    for (int chunk = 0; chunk < 3; chunk++) {
      receive(engine, chunk, "a");
    }

    assertThat(results.poll(10, LONG)).hasSize(3);

    assertThat(engine.record("echo", new ArrayList<>()).getDelivered()).isEqualTo(2);
  }

  @Test
  void shouldFailAnItemWhoseCodecThrowsAndKeepItsNeighbours() throws InterruptedException {
    MapEngine engine = engine(SINGLE);
    Codec<String> picky =
        new Codec<>() {
          @Override
          public String contentType() {
            return "text/plain";
          }

          @Override
          public ByteString encode(String value) {
            return ByteString.copyFromUtf8(value);
          }

          @Override
          public String decode(ByteString bytes) {
            if (bytes.equals(item("b"))) {
              throw new IllegalArgumentException("not b");
            }
            return bytes.toStringUtf8();
          }
        };
    MapResults<String> results =
        new MapResults<>(engine, new RemoteFunction<>("echo", picky, picky));
    plan(engine, 2);
    receive(engine, 0, "a");
    receive(engine, 1, "b");

    List<ItemResult<String>> polled = results.poll(10, LONG);

    assertThat(polled).extracting(ItemResult::isSuccess).containsExactly(true, false);
    assertThat(polled.get(1).failure())
        .hasMessageContaining("cannot be read: java.lang.IllegalArgumentException: not b");
  }

  private static MapEngine engine(MapOptions options) {
    MapEngine engine = new MapEngine(true, options);
    engine.open(MapRecord.getDefaultInstance());
    return engine;
  }

  private static void plan(MapEngine engine, int items) throws InterruptedException {
    for (int i = 0; i < items; i++) {
      assertThat(engine.add(item("x"))).isTrue();
      assertThat(engine.plan()).hasSize(1);
    }
  }

  private static ByteString item(String text) {
    return ByteString.copyFromUtf8('"' + text + '"');
  }

  private static void receive(MapEngine engine, long chunk, String value) {
    engine.received(ChunkResult.newBuilder().setIndex(chunk).addValues(item(value)).build());
  }
}
