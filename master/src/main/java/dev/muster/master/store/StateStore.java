package dev.muster.master.store;

import com.google.protobuf.ByteString;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.master.store.v1.ProducerRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.SessionRecord;
import dev.muster.master.store.v1.TaskRecord;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The state as of the last write. Reads may run beside a write and see it whole or not at all;
 * there is one writer.
 *
 * <p>Every method throws {@link StoreException} when the store is broken: the master must stop.
 */
public interface StateStore extends AutoCloseable {
  /**
   * The log entry up to which the state is written, and the counters; the default instance when
   * nothing ever was.
   */
  MetaRecord meta();

  /** The task with this id, or null. */
  @Nullable TaskRecord task(long id);

  /**
   * Opens a reader of many tasks, quicker than {@link #task} when their ids ascend and are close
   * together. It may show them as of its opening or later; to be closed.
   *
   * @param last no higher id is asked for
   */
  TaskReader taskReader(long last);

  /**
   * Reads a lane in order.
   *
   * @param from the first position of interest
   * @param limit at most so many
   * @param visit gets positions and task ids, ascending
   */
  void scan(LaneKey lane, long from, int limit, PlaceVisitor visit);

  /** Every task of every queue that is in a lane of kind LEASED. */
  List<TaskRecord> leased();

  void queues(Consumer<QueueRecord> visit);

  void sessions(Consumer<SessionRecord> visit);

  void producers(Consumer<ProducerRecord> visit);

  /** The record with this key, or null. */
  @Nullable ByteString get(Family family, ByteString key);

  /**
   * Reads a family in order of key, as unsigned bytes.
   *
   * @param from the first key of interest
   * @param visit gets keys and values until it returns false
   */
  void scan(Family family, ByteString from, RecordVisitor visit);

  /**
   * Shows everything as of one write, whatever is written meanwhile: the counters, the queues, the
   * records of a family, then every place with its task. Slow: it reads all there is.
   */
  void audit(Auditor auditor);

  /** A new, empty batch. One thread. */
  Batch newBatch();

  @Override
  void close();

  /** Looks tasks up. One thread. */
  interface TaskReader extends AutoCloseable {
    /** The task with this id, or null. */
    @Nullable TaskRecord task(long id);

    @Override
    void close();
  }

  /** Gets one place of a lane. */
  interface PlaceVisitor {
    void place(long position, long id);
  }

  /** Gets one record; false: enough. */
  interface RecordVisitor {
    boolean record(ByteString key, ByteString value);
  }

  /** Looks up what an audit shows. */
  interface View {
    @Nullable ByteString get(Family family, ByteString key);

    @Nullable TaskRecord task(long id);
  }

  /** Is shown everything, in the order of its methods. */
  interface Auditor {
    /** Before everything else: looks up single records in the same state, until the audit ends. */
    void begin(View view);

    void meta(MetaRecord meta);

    void queue(QueueRecord queue);

    /** A record of a family; in order of family, then of key. */
    void record(Family family, ByteString key, ByteString value);

    /**
     * A place of a lane.
     *
     * @param task the record that the place names; null: there is none
     */
    void place(LaneKey lane, long position, @Nullable TaskRecord task);

    /** How many tasks have a record, whether a place names them or not. */
    void tasks(long count);
  }

  /** Changes that become visible and durable together. One thread. */
  interface Batch extends AutoCloseable {
    void putMeta(MetaRecord meta);

    void putTask(TaskRecord task);

    /**
     * Deletes all tasks from one id to another.
     *
     * @param last the same as the first, or later
     */
    void deleteTasks(long first, long last);

    void putPlace(LaneKey lane, long position, long id);

    /**
     * Deletes all places of a lane from one position to another.
     *
     * @param last the same as the first, or later
     */
    void deletePlaces(LaneKey lane, long first, long last);

    void putQueue(QueueRecord queue);

    void putSession(SessionRecord session);

    void deleteSession(long number);

    void putProducer(ProducerRecord producer);

    void deleteProducer(byte[] key);

    void put(Family family, ByteString key, ByteString value);

    void delete(Family family, ByteString key);

    /** Writes all of it, atomically; returns when it is on the disk. */
    void commit();

    @Override
    void close();
  }
}
