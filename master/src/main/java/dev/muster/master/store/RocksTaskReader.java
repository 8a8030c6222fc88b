package dev.muster.master.store;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.store.v1.TaskRecord;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/**
 * Reads tasks whose ids are close together by an iterator, which steps from one to the next: that
 * costs a third of looking each of them up. Others it looks up. One thread.
 */
final class RocksTaskReader implements StateStore.TaskReader {
  /**
   * Ids are close when they are no further apart. Each step costs, and walks over what is deleted
   * in between; with four of them a look-up is cheaper.
   */
  private static final long NEAR = 3;

  /** After so many close ids in a row the iterator is worth its seek. */
  private static final int RUN = 4;

  private final RocksDB db;
  private final ColumnFamilyHandle tasks;
  private final long last;
  private long asked;

  /** So many ids in a row were close to the one before. */
  private int run;

  private @Nullable Bounded bounded;

  /** Whether the iterator stands at a task. */
  private boolean atTask;

  /** Its id. */
  private long at;

  RocksTaskReader(RocksDB db, ColumnFamilyHandle tasks, long last) {
    this.db = db;
    this.tasks = tasks;
    this.last = last;
  }

  @Override
  public @Nullable TaskRecord task(long id) {
    try {
      run = id >= asked && id - asked <= NEAR ? run + 1 : 0;
      asked = id;
      byte[] record = run < RUN ? db.get(tasks, key(id)) : read(id);
      return record == null ? null : TaskRecord.parseFrom(record);
    } catch (RocksDBException e) {
      throw new StoreException("the state cannot be read: " + e.getMessage(), e);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("a stored record cannot be parsed: " + e.getMessage(), e);
    }
  }

  private byte @Nullable [] read(long id) throws RocksDBException {
    if (bounded == null) {
      bounded = new Bounded(db, tasks, last);
    }
    RocksIterator iterator = bounded.iterator;
    if (!atTask || id < at || id - at > NEAR) {
      iterator.seek(key(id));
      stand(iterator);
    }
    while (atTask && at < id) {
      iterator.next();
      stand(iterator);
    }
    return atTask && at == id ? iterator.value() : null;
  }

  private void stand(RocksIterator iterator) throws RocksDBException {
    atTask = iterator.isValid();
    if (atTask) {
      at = ByteBuffer.wrap(iterator.key()).getLong();
    } else {
      iterator.status();
    }
  }

  @Override
  public void close() {
    if (bounded != null) {
      bounded.close();
    }
  }

  private static byte[] key(long id) {
    return ByteBuffer.allocate(Long.BYTES).putLong(id).array();
  }

  /** An iterator with an end: at the last task it does not walk over what is deleted behind it. */
  private static final class Bounded implements AutoCloseable {
    private final Slice end;
    private final ReadOptions options;
    private final RocksIterator iterator;

    Bounded(RocksDB db, ColumnFamilyHandle tasks, long last) {
      end = new Slice(key(last + 1));
      options = new ReadOptions().setIterateUpperBound(end);
      iterator = db.newIterator(tasks, options);
    }

    @Override
    public void close() {
      iterator.close();
      options.close();
      end.close();
    }
  }
}
