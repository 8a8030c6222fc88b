package dev.muster.master.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.master.queue.Recount;
import dev.muster.master.store.LaneKey.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RocksStateStoreTest extends StateStoreContract {
  @TempDir Path directory;

  @Override
  StateStore open() {
    return RocksStateStore.open(directory.resolve("store"));
  }

  @Test
  void shouldKeepWhatWasCommittedWhenReopened() {
    LaneKey lane = new LaneKey(Kind.READY, 1, 0);
    commit(
        batch -> {
          batch.putTask(task(5));
          batch.putPlace(lane, 5, 5);
        });
    reopen();
    assertThat(store().task(5)).isEqualTo(task(5));
    List<Long> ids = new ArrayList<>();
    store().scan(lane, 0, 10, (position, id) -> ids.add(id));
    assertThat(ids).containsExactly(5L);
  }

  @Test
  void shouldSayWhereWhenItCannotBeOpened() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");
    assertThatThrownBy(() -> RocksStateStore.open(file))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining(file.toString());
  }

  @Test
  void shouldEndAnAuditWhenItIsInterrupted() {
    commit(
        batch -> {
          batch.putTask(task(5));
          batch.putTask(task(6));
        });
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> Recount.of(store()))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("interrupted");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
