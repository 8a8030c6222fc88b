package dev.muster.client;

import static dev.muster.client.PoolRig.LONG;
import static dev.muster.client.PoolRig.SQUARE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.AsyncResult;
import dev.muster.client.pool.MapOptions;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.common.MusterException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An Error on a thread of the pool ends the map that it belongs to; nobody waits for ever. */
@Timeout(60)
final class PoolErrorsTest {
  private final PoolRig rig = new PoolRig();

  @AfterEach
  void close() {
    rig.close();
  }

  @Test
  void shouldEndAMapWhoseInputThrowsAnError() throws InterruptedException {
    rig.master.workers.add("square");
    Iterator<Integer> items =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            throw new NoClassDefFoundError("example/Row");
          }

          @Override
          public Integer next() {
            throw new AssertionError();
          }
        };

    try (MapResults<Integer> results = rig.pool.imap(SQUARE, items)) {
      assertThatThrownBy(results::hasNext)
          .isInstanceOf(MusterException.class)
          .hasMessage("the input of the map failed: java.lang.NoClassDefFoundError: example/Row");
    }
    assertJoined();
  }

  @Test
  void shouldEndAMapWhoseListOfResultsCannotBeMade() throws InterruptedException {
    // given: memory that is full when a result is read
    rig.master.workers.add("square");
    Codec<Integer> integers = Codecs.json(Integer.class);
    Codec<Integer> full =
        new Codec<>() {
          @Override
          public String contentType() {
            return integers.contentType();
          }

          @Override
          public ByteString encode(Integer value) {
            return integers.encode(value);
          }

          @Override
          public Integer decode(ByteString bytes) {
            throw new OutOfMemoryError("Java heap space");
          }
        };
    AsyncResult<List<Integer>> result =
        rig.pool.mapAsync(new RemoteFunction<>("square", integers, full), List.of(1));
    // when
    Leased chunk = rig.take(1).get(0);
    rig.finish(chunk, PoolRig.squares(chunk).build());
    // then
    assertThatThrownBy(() -> result.get(LONG))
        .isInstanceOf(MusterException.class)
        .hasMessage("the call failed: java.lang.OutOfMemoryError: Java heap space");
    assertJoined();
  }

  @Test
  void shouldEndAMapWhoseNoticeThrowsAnError() throws InterruptedException {
    MapOptions options =
        MapOptions.defaults()
            .onNotice(
                text -> {
                  throw new StackOverflowError();
                });

    try (MapResults<Integer> results = rig.pool.imap(SQUARE, List.of(1).iterator(), options)) {
      assertThatThrownBy(results::hasNext)
          .hasMessage("the map failed: java.lang.StackOverflowError");
    }
    assertJoined();
  }

  private void assertJoined() throws InterruptedException {
    rig.pool.close();
    assertThat(rig.pool.join(LONG)).isTrue();
  }
}
