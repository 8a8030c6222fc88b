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
 * Reads tasks by an iterator, which steps from one to the next: that costs a small part of what
 * looking each of them up would. One thread.
 */
final class RocksTaskReader implements StateStore.TaskReader {
  /** So many are looked up first: for a few an iterator does not pay. */
  private static final int FEW = 4;

  /**
   * The next id is stepped to when it is no further away, and sought else: a step walks over every
   * deleted task in between.
   */
  private static final long NEAR = 16;

  private final RocksDB db;
  private final ColumnFamilyHandle tasks;
  private final long last;
  private int lookedUp;
  private @Nullable Bounded bounded;

  /** Where the iterator stands; with no iterator, or at its end: none. */
  private long at;

  private boolean atTask;

  RocksTaskReader(RocksDB db, ColumnFamilyHandle tasks, long last) {
    this.db = db;
    this.tasks = tasks;
    this.last = last;
  }

  @Override
  public @Nullable TaskRecord task(long id) {
    try {
      byte[] record = lookedUp < FEW ? lookUp(id) : read(id);
      return record == null ? null : TaskRecord.parseFrom(record);
    } catch (RocksDBException e) {
      throw new StoreException("the state cannot be read: " + e.getMessage(), e);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("a stored record cannot be parsed: " + e.getMessage(), e);
    }
  }

  private byte @Nullable [] lookUp(long id) throws RocksDBException {
    lookedUp++;
    return db.get(tasks, key(id));
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
