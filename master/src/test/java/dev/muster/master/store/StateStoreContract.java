package dev.muster.master.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.store.LaneKey.Kind;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.master.store.v1.ProducerRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.SessionRecord;
import dev.muster.master.store.v1.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every store promises. */
abstract class StateStoreContract {
  private static final LaneKey READY = new LaneKey(Kind.READY, 1, 0);

  private @Nullable StateStore opened;

  abstract StateStore open();

  @BeforeEach
  void openIt() {
    opened = open();
  }

  @AfterEach
  void closeIt() {
    store().close();
  }

  final StateStore store() {
    if (opened == null) {
      throw new IllegalStateException("the store is not open");
    }
    return opened;
  }

  final void reopen() {
    store().close();
    opened = open();
  }

  final void commit(Consumer<StateStore.Batch> changes) {
    try (StateStore.Batch batch = store().newBatch()) {
      changes.accept(batch);
      batch.commit();
    }
  }

  static TaskRecord task(long id) {
    return TaskRecord.newBuilder().setId(id).setQueue(1).setPayload(ByteString.EMPTY).build();
  }

  private List<Long> scan(LaneKey lane, long from, int limit) {
    List<Long> ids = new ArrayList<>();
    store().scan(lane, from, limit, (position, id) -> ids.add(id));
    return ids;
  }

  @Test
  void shouldBeEmptyWhenNew() {
    assertThat(store().meta()).isEqualTo(MetaRecord.getDefaultInstance());
    assertThat(store().task(1)).isNull();
    assertThat(store().leased()).isEmpty();
    assertThat(scan(READY, 0, 10)).isEmpty();
  }

  @Test
  void shouldHaveRecordsWhenTheyAreCommitted() {
    MetaRecord meta = MetaRecord.newBuilder().setAppliedIndex(7).setSequence(9).build();
    commit(
        batch -> {
          batch.putMeta(meta);
          batch.putTask(task(5));
        });
    assertThat(store().meta()).isEqualTo(meta);
    assertThat(store().task(5)).isEqualTo(task(5));
  }

  @Test
  void shouldReadManyTasksAsOneByOne() {
    // given tasks close together and far apart, in several writes, some deleted again
    for (long first = 1; first <= 2_001; first += 1_000) {
      long from = first;
      commit(
          batch -> {
            for (long id = from; id < from + 200; id++) {
              batch.putTask(task(id));
            }
          });
    }
    commit(
        batch -> {
          for (long id = 1; id < 3_000; id += 3) {
            batch.deleteTasks(id, id);
          }
          for (long id = 1_020; id < 1_120; id++) {
            batch.deleteTasks(id, id);
          }
        });
    // when all are read in order, some in any order, and some in order again
    List<Long> ids = new ArrayList<>();
    for (long id = 1; id <= 2_300; id++) {
      ids.add(id);
    }
    ids.addAll(List.of(2_300L, 2_099L, 5L, 5L, 4L, 1_019L, 1_121L, 2L, 6L, 2_299L, 2_200L, 17L));
    for (long id = 3; id <= 30; id += 2) {
      ids.add(id);
    }
    // then
    try (StateStore.TaskReader reader = store().taskReader(2_300)) {
      for (long id : ids) {
        TaskRecord expected = store().task(id);
        assertThat(reader.task(id)).as("task %s", id).isEqualTo(expected);
      }
    }
    try (StateStore.TaskReader reader = store().taskReader(1)) {
      assertThat(reader.task(1)).isNull();
    }
  }

  private List<String> keys(Family family, String from) {
    List<String> keys = new ArrayList<>();
    store()
        .scan(
            family,
            ByteString.copyFromUtf8(from),
            (key, value) -> keys.add(key.toStringUtf8() + "=" + value.toStringUtf8()));
    return keys;
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  @Test
  void shouldKeepRecordsOfAFamilyInOrderOfKeyAndApartFromOthers() {
    commit(
        batch -> {
          batch.put(Family.UNIQUES, utf8("b"), utf8("2"));
          batch.put(Family.UNIQUES, utf8("a"), utf8("1"));
          batch.put(Family.UNIQUES, utf8("c"), utf8("3"));
          batch.put(Family.TIMERS, utf8("a"), utf8("other"));
        });
    commit(batch -> batch.delete(Family.UNIQUES, utf8("b")));
    assertThat(keys(Family.UNIQUES, "")).containsExactly("a=1", "c=3");
    assertThat(keys(Family.UNIQUES, "b")).containsExactly("c=3");
    assertThat(store().get(Family.UNIQUES, utf8("a"))).isEqualTo(utf8("1"));
    assertThat(store().get(Family.UNIQUES, utf8("b"))).isNull();
    assertThat(store().get(Family.TIMERS, utf8("a"))).isEqualTo(utf8("other"));
  }

  @Test
  void shouldShowEverythingToAnAuditor() {
    commit(
        batch -> {
          batch.putMeta(MetaRecord.newBuilder().setAppliedIndex(7).build());
          batch.putQueue(QueueRecord.newBuilder().setNumber(1).setName("q").build());
          batch.put(Family.LINES, utf8("line"), utf8("l"));
          batch.putTask(task(5));
          batch.putPlace(READY, 5, 5);
          batch.putPlace(new LaneKey(Kind.DEAD, 2, 3), 6, 6);
        });
    List<String> shown = new ArrayList<>();
    store()
        .audit(
            new StateStore.Auditor() {
              @Override
              public void begin(StateStore.View view) {
                TaskRecord task = Objects.requireNonNull(view.task(5));
                shown.add("view of " + task.getId() + ", " + view.task(6));
                ByteString none = ByteString.copyFromUtf8("none");
                shown.add("view of " + view.get(Family.LINES, none));
              }

              @Override
              public void meta(MetaRecord meta) {
                shown.add("applied " + meta.getAppliedIndex());
              }

              @Override
              public void queue(QueueRecord queue) {
                shown.add("queue " + queue.getName());
              }

              @Override
              public void record(Family family, ByteString key, ByteString value) {
                shown.add(family + " " + value.toStringUtf8());
              }

              @Override
              public void place(LaneKey lane, long position, @Nullable TaskRecord task) {
                shown.add(lane + " " + position + " " + (task == null ? "none" : task.getId()));
              }

              @Override
              public void tasks(long count) {
                shown.add(count + " tasks");
              }
            });
    assertThat(shown)
        .containsExactly(
            "view of 5, null",
            "view of null",
            "applied 7",
            "queue q",
            "LINES l",
            READY + " 5 5",
            new LaneKey(Kind.DEAD, 2, 3) + " 6 none",
            "1 tasks");
  }

  @Test
  void shouldChangeNothingWhenABatchIsNotCommitted() {
    try (StateStore.Batch batch = store().newBatch()) {
      batch.putTask(task(5));
      batch.putPlace(READY, 5, 5);
    }
    assertThat(store().task(5)).isNull();
    assertThat(scan(READY, 0, 10)).isEmpty();
  }

  /** A few are deleted one by one, many as a range. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 511, 512, 513, 2_000})
  void shouldDeleteNeighboursAndNothingAroundThem(long count) {
    LaneKey before = new LaneKey(Kind.READY, 0, 9);
    LaneKey after = new LaneKey(Kind.READY, 1, 1);
    long first = 250;
    long last = first + count - 1;
    commit(
        batch -> {
          for (long id = first - 1; id <= last + 1; id++) {
            batch.putTask(task(id));
            batch.putPlace(READY, id, id);
          }
          batch.putPlace(before, last, 1);
          batch.putPlace(after, first, 2);
        });
    commit(
        batch -> {
          batch.deleteTasks(first, last);
          batch.deletePlaces(READY, first, last);
        });
    assertThat(store().task(first - 1)).isNotNull();
    assertThat(store().task(first)).isNull();
    assertThat(store().task(last)).isNull();
    assertThat(store().task(last + 1)).isNotNull();
    assertThat(scan(READY, 0, 10)).containsExactly(first - 1, last + 1);
    assertThat(scan(before, 0, 10)).containsExactly(1L);
    assertThat(scan(after, 0, 10)).containsExactly(2L);
    commit(batch -> batch.putTask(task(first)));
    assertThat(store().task(first)).isNotNull();
  }

  @Test
  void shouldScanOneLaneInOrderOfPositionWhenAsked() {
    commit(
        batch -> {
          for (long position : new long[] {300, 2, 1L << 40, 255, 256}) {
            batch.putPlace(READY, position, position + 1);
          }
          batch.putPlace(new LaneKey(Kind.READY, 2, 0), 1, 1);
          batch.putPlace(new LaneKey(Kind.READY, 1, 200), 3, 3);
          batch.putPlace(new LaneKey(Kind.LEASED, 1, 0), 4, 4);
        });
    assertThat(scan(READY, 0, 10)).containsExactly(3L, 256L, 257L, 301L, (1L << 40) + 1);
    assertThat(scan(READY, 255, 2)).containsExactly(256L, 257L);
    assertThat(scan(new LaneKey(Kind.READY, 1, 200), 0, 10)).containsExactly(3L);
    assertThat(scan(READY, 2L << 40, 10)).isEmpty();
  }

  @Test
  void shouldForgetWhatIsDeleted() {
    commit(
        batch -> {
          batch.putTask(task(5));
          batch.putPlace(READY, 5, 5);
        });
    commit(
        batch -> {
          batch.deleteTasks(5, 5);
          batch.deletePlaces(READY, 5, 5);
        });
    assertThat(store().task(5)).isNull();
    assertThat(scan(READY, 0, 10)).isEmpty();
  }

  @Test
  void shouldKeepTheLastOfTwoChangesWhenABatchHasBoth() {
    commit(
        batch -> {
          batch.putPlace(READY, 5, 5);
          batch.deletePlaces(READY, 5, 5);
          batch.deletePlaces(READY, 6, 6);
          batch.putPlace(READY, 6, 6);
        });
    assertThat(scan(READY, 0, 10)).containsExactly(6L);
  }

  @Test
  void shouldFindTheLeasedTasksOfEveryQueue() {
    commit(
        batch -> {
          for (int queue = 1; queue <= 3; queue++) {
            batch.putTask(task(queue));
            batch.putPlace(new LaneKey(Kind.LEASED, queue, 0), queue, queue);
          }
          batch.putTask(task(9));
          batch.putPlace(new LaneKey(Kind.DEAD, 1, 0), 9, 9);
        });
    assertThat(store().leased()).extracting(TaskRecord::getId).containsExactly(1L, 2L, 3L);
  }

  @Test
  void shouldListQueuesSessionsAndProducersWhenTheyAreThere() {
    QueueRecord queue = QueueRecord.newBuilder().setNumber(300).setName("a").build();
    SessionRecord session = SessionRecord.newBuilder().setNumber(4).build();
    ByteString key = ByteString.copyFrom(new byte[] {-1, 0, 1});
    ProducerRecord producer = ProducerRecord.newBuilder().setKey(key).build();
    commit(
        batch -> {
          batch.putQueue(queue);
          batch.putSession(session);
          batch.putSession(SessionRecord.newBuilder().setNumber(5).build());
          batch.deleteSession(5);
          batch.putProducer(producer);
        });
    List<Object> found = new ArrayList<>();
    store().queues(found::add);
    store().sessions(found::add);
    store().producers(found::add);
    assertThat(found).containsExactly(queue, session, producer);
    commit(batch -> batch.deleteProducer(key.toByteArray()));
    found.clear();
    store().producers(found::add);
    assertThat(found).isEmpty();
  }
}
