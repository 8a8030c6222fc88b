package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.store.Family;
import dev.muster.master.store.MemoryStateStore;
import dev.muster.master.store.StateStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** One family over the current generation, the frozen one and the store. */
final class IndexTest {
  private final MemoryStateStore store = new MemoryStateStore();
  private final TaskTable tasks = new TaskTable(store, new QueueBook(), new SessionBook());
  private final Index index = new Index(Family.TIMERS, store, tasks);

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private Map<String, String> all(String from) {
    Map<String, String> found = new TreeMap<>();
    index.scan(
        utf8(from), (key, value) -> found.put(key.toStringUtf8(), value.toStringUtf8()) == null);
    return found;
  }

  private void write() {
    Generation frozen = tasks.frozen();
    if (frozen != null) {
      frozen.freeze(dev.muster.master.store.v1.MetaRecord.getDefaultInstance());
      try (StateStore.Batch batch = store.newBatch()) {
        frozen.writeTo(batch);
        batch.commit();
      }
      tasks.dropFrozen();
    }
  }

  @Test
  void shouldForgetADeletedRecordWhereverItLies() {
    index.put(utf8("a"), utf8("1"));
    tasks.roll(0);
    write();
    index.put(utf8("b"), utf8("2"));
    tasks.roll(0);
    index.put(utf8("c"), utf8("deleted"));
    index.delete(utf8("a"));
    index.delete(utf8("b"));
    assertThat(all("")).isEqualTo(Map.of("c", "deleted"));
    assertThat(index.get(utf8("a"))).isNull();
    assertThat(index.get(utf8("b"))).isNull();
  }

  @Test
  void shouldStopWhenTheVisitorHasEnough() {
    for (int i = 0; i < 300; i++) {
      index.put(utf8("k" + i), utf8(""));
    }
    List<ByteString> seen = new ArrayList<>();
    index.scan(
        utf8("k"),
        (key, value) -> {
          seen.add(key);
          return seen.size() < 3;
        });
    assertThat(seen).containsExactly(utf8("k0"), utf8("k1"), utf8("k10"));
  }

  @Test
  void shouldReadAsAPlainMapDoesWhateverIsFlushedWhen() {
    Random random = new Random(7);
    TreeMap<String, String> plain = new TreeMap<>();
    for (int i = 0; i < 20_000; i++) {
      String key = String.format(Locale.ROOT, "%03d", random.nextInt(400));
      switch (random.nextInt(40)) {
        case 0 -> {
          if (tasks.frozen() == null) {
            var unused = tasks.roll(0);
          }
        }
        case 1 -> write();
        case 2 -> assertThat(all(key)).isEqualTo(plain.tailMap(key));
        default -> {
          if (random.nextBoolean()) {
            index.put(utf8(key), utf8("v" + i));
            plain.put(key, "v" + i);
          } else {
            index.delete(utf8(key));
            plain.remove(key);
          }
        }
      }
    }
    assertThat(all("")).isEqualTo(plain);
  }
}
