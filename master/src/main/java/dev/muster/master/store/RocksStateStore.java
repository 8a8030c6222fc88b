package dev.muster.master.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.master.store.v1.ProducerRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.SessionRecord;
import dev.muster.master.store.v1.TaskRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.Snapshot;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The state in RocksDB.
 *
 * <p>RocksDB's own log is off, because the replicated log is the log. What it holds after a crash
 * is therefore a state as of some flush; {@code atomic_flush} makes that one state across all
 * column families (facebook/rocksdb#9338), and the applied index in the same batch says which. So a
 * commit is one write followed by one flush.
 */
public final class RocksStateStore implements StateStore {
  private static final byte[] META_KEY = "state".getBytes(StandardCharsets.US_ASCII);

  /** Larger than a generation, so that only our own flushes write files. */
  private static final long WRITE_BUFFER_BYTES = 256L << 20;

  private static final long BLOCK_CACHE_BYTES = 32L << 20;

  /** So many neighbours are deleted as one range. */
  private static final long RANGE_MIN = 512;

  private final RocksDB db;
  private final Families families;
  private final List<AutoCloseable> owned;
  private final WriteOptions writeOptions;
  private final FlushOptions flushOptions;

  /** A quarter more than the last batch had: one that grows is copied, again and again. */
  private volatile int batchBytes;

  private RocksStateStore(RocksDB db, Families families, List<AutoCloseable> owned) {
    this.db = db;
    this.families = families;
    this.owned = owned;
    this.writeOptions = own(owned, new WriteOptions().setDisableWAL(true));
    this.flushOptions = own(owned, new FlushOptions().setWaitForFlush(true));
  }

  /**
   * Opens or makes the store.
   *
   * @param directory RocksDB's own; made when absent
   */
  public static RocksStateStore open(Path directory) {
    loadLibrary(directory);
    List<AutoCloseable> owned = new ArrayList<>();
    try {
      ColumnFamilyOptions point = own(owned, familyOptions(owned, true));
      ColumnFamilyOptions ordered = own(owned, familyOptions(owned, false));
      DBOptions options =
          own(
              owned,
              new DBOptions()
                  .setCreateIfMissing(true)
                  .setCreateMissingColumnFamilies(true)
                  .setAtomicFlush(true)
                  .setParanoidChecks(true)
                  .setMaxBackgroundJobs(2)
                  .setMaxOpenFiles(512)
                  .setBytesPerSync(1 << 20)
                  .setKeepLogFileNum(2)
                  .setMaxLogFileSize(4 << 20)
                  .setInfoLogLevel(InfoLogLevel.WARN_LEVEL));
      List<ColumnFamilyHandle> handles = new ArrayList<>();
      RocksDB db =
          RocksDB.open(
              options, directory.toString(), Families.descriptors(point, ordered), handles);
      return new RocksStateStore(db, Families.of(handles), owned);
    } catch (RocksDBException e) {
      closeAll(owned);
      throw new StoreException(
          "the state in " + directory + " cannot be opened: " + e.getMessage(), e);
    }
  }

  /**
   * From a file in our own directory, used again at each start: one in the system's would stay
   * behind at each crash.
   */
  private static void loadLibrary(Path directory) {
    try {
      Path own = Files.createDirectories(directory.resolveSibling("native"));
      NativeLibraryLoader.getInstance().loadLibrary(own.toString());
    } catch (IOException e) {
      throw new StoreException("RocksDB's native library cannot be unpacked: " + e.getMessage(), e);
    }
  }

  private static ColumnFamilyOptions familyOptions(List<AutoCloseable> owned, boolean point) {
    BlockBasedTableConfig table =
        new BlockBasedTableConfig()
            .setBlockCache(own(owned, new LRUCache(BLOCK_CACHE_BYTES)))
            .setFormatVersion(5);
    if (point) {
      table.setFilterPolicy(own(owned, new BloomFilter(10)));
    }
    return new ColumnFamilyOptions()
        .setTableFormatConfig(table)
        .setWriteBufferSize(WRITE_BUFFER_BYTES)
        .setCompressionType(CompressionType.LZ4_COMPRESSION);
  }

  @Override
  public MetaRecord meta() {
    MetaRecord found = get(families.meta, META_KEY, MetaRecord.parser());
    return found == null ? MetaRecord.getDefaultInstance() : found;
  }

  @Override
  public @Nullable TaskRecord task(long id) {
    return get(families.tasks, longKey(id), TaskRecord.parser());
  }

  @Override
  public TaskReader taskReader(long last) {
    return new RocksTaskReader(db, families.tasks, last);
  }

  @Override
  public void scan(LaneKey lane, long from, int limit, PlaceVisitor visit) {
    // Without an end, a seek in an emptied lane goes on through all that was deleted in the next
    // one.
    try (Slice end = new Slice(lane.end());
        ReadOptions bounded = new ReadOptions().setIterateUpperBound(end);
        RocksIterator iterator = db.newIterator(families.order, bounded)) {
      int left = limit;
      for (iterator.seek(lane.at(from)); left > 0 && iterator.isValid(); iterator.next(), left--) {
        byte[] key = iterator.key();
        visit.place(LaneKey.positionOf(key), ByteBuffer.wrap(iterator.value()).getLong());
      }
      check(iterator);
    }
  }

  @Override
  public List<TaskRecord> leased() {
    List<TaskRecord> found = new ArrayList<>();
    byte kind = LaneKey.Kind.LEASED.code();
    try (RocksIterator iterator = db.newIterator(families.order)) {
      for (iterator.seek(new byte[] {kind}); iterator.isValid(); iterator.next()) {
        if (iterator.key()[0] != kind) {
          break;
        }
        long id = ByteBuffer.wrap(iterator.value()).getLong();
        TaskRecord task = task(id);
        if (task == null) {
          throw new IllegalStateException("leased task " + id + " has a place but no record");
        }
        found.add(task);
      }
      check(iterator);
    }
    return found;
  }

  @Override
  public void queues(Consumer<QueueRecord> visit) {
    all(families.queues, QueueRecord.parser(), visit);
  }

  @Override
  public void sessions(Consumer<SessionRecord> visit) {
    all(families.sessions, SessionRecord.parser(), visit);
  }

  @Override
  public void producers(Consumer<ProducerRecord> visit) {
    all(families.producers, ProducerRecord.parser(), visit);
  }

  @Override
  public @Nullable ByteString get(Family family, ByteString key) {
    try {
      byte[] value = db.get(families.of(family), key.toByteArray());
      return value == null ? null : UnsafeByteOperations.unsafeWrap(value);
    } catch (RocksDBException e) {
      throw new StoreException("the state cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public void scan(Family family, ByteString from, RecordVisitor visit) {
    try (RocksIterator iterator = db.newIterator(families.of(family))) {
      for (iterator.seek(from.toByteArray()); iterator.isValid(); iterator.next()) {
        ByteString key = UnsafeByteOperations.unsafeWrap(iterator.key());
        if (!visit.record(key, UnsafeByteOperations.unsafeWrap(iterator.value()))) {
          return;
        }
      }
      check(iterator);
    }
  }

  @Override
  public void audit(Auditor auditor) {
    Snapshot snapshot = db.getSnapshot();
    try (ReadOptions asOf = new ReadOptions().setSnapshot(snapshot).setFillCache(false)) {
      auditor.begin(viewOf(asOf));
      byte[] meta = db.get(families.meta, asOf, META_KEY);
      auditor.meta(
          meta == null ? MetaRecord.getDefaultInstance() : parse(meta, MetaRecord.parser()));
      each(
          families.queues, asOf, (key, value) -> auditor.queue(parse(value, QueueRecord.parser())));
      for (Family family : Family.values()) {
        each(
            families.of(family),
            asOf,
            (key, value) ->
                auditor.record(
                    family,
                    UnsafeByteOperations.unsafeWrap(key),
                    UnsafeByteOperations.unsafeWrap(value)));
      }
      each(families.order, asOf, (key, id) -> auditPlace(key, id, asOf, auditor));
      long[] tasks = {0};
      each(families.tasks, asOf, (key, value) -> tasks[0]++);
      auditor.tasks(tasks[0]);
    } catch (RocksDBException e) {
      throw new StoreException("the state cannot be read: " + e.getMessage(), e);
    } finally {
      db.releaseSnapshot(snapshot);
    }
  }

  private void auditPlace(byte[] key, byte[] id, ReadOptions asOf, Auditor auditor) {
    auditor.place(LaneKey.of(key), LaneKey.positionOf(key), task(id, asOf));
  }

  private @Nullable TaskRecord task(byte[] id, ReadOptions asOf) {
    byte[] task = get(families.tasks, id, asOf);
    return task == null ? null : parse(task, TaskRecord.parser());
  }

  private byte @Nullable [] get(ColumnFamilyHandle family, byte[] key, ReadOptions asOf) {
    try {
      return db.get(family, asOf, key);
    } catch (RocksDBException e) {
      throw new StoreException("the state cannot be read: " + e.getMessage(), e);
    }
  }

  private View viewOf(ReadOptions asOf) {
    return new View() {
      @Override
      public @Nullable ByteString get(Family family, ByteString key) {
        byte[] value = RocksStateStore.this.get(families.of(family), key.toByteArray(), asOf);
        return value == null ? null : UnsafeByteOperations.unsafeWrap(value);
      }

      @Override
      public @Nullable TaskRecord task(long id) {
        return RocksStateStore.this.task(longKey(id), asOf);
      }
    };
  }

  private void each(ColumnFamilyHandle family, ReadOptions asOf, BiConsumer<byte[], byte[]> visit) {
    try (RocksIterator iterator = db.newIterator(family, asOf)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        if (Thread.currentThread().isInterrupted()) {
          throw new StoreException("interrupted while everything was being read");
        }
        visit.accept(iterator.key(), iterator.value());
      }
      check(iterator);
    }
  }

  @Override
  public Batch newBatch() {
    return new RocksBatch();
  }

  @Override
  public void close() {
    families.close();
    db.close();
    closeAll(owned);
  }

  private <T extends MessageLite> @Nullable T get(
      ColumnFamilyHandle family, byte[] key, Parser<T> parser) {
    try {
      byte[] value = db.get(family, key);
      return value == null ? null : parse(value, parser);
    } catch (RocksDBException e) {
      throw new StoreException("the state cannot be read: " + e.getMessage(), e);
    }
  }

  private <T extends MessageLite> void all(
      ColumnFamilyHandle family, Parser<T> parser, Consumer<T> visit) {
    try (RocksIterator iterator = db.newIterator(family)) {
      for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
        visit.accept(parse(iterator.value(), parser));
      }
      check(iterator);
    }
  }

  private static <T> T parse(byte[] value, Parser<T> parser) {
    try {
      return parser.parseFrom(value);
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException("a stored record cannot be parsed: " + e.getMessage(), e);
    }
  }

  private static void check(RocksIterator iterator) {
    try {
      iterator.status();
    } catch (RocksDBException e) {
      throw new StoreException("the state cannot be read: " + e.getMessage(), e);
    }
  }

  private static byte[] longKey(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  private static byte[] intKey(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  private static <T extends AutoCloseable> T own(List<AutoCloseable> owned, T resource) {
    owned.add(resource);
    return resource;
  }

  private static void closeAll(List<AutoCloseable> owned) {
    for (int i = owned.size() - 1; i >= 0; i--) {
      try {
        owned.get(i).close();
      } catch (Exception e) {
        throw new IllegalStateException("native options do not close", e);
      }
    }
  }

  /** The column families by name. */
  private record Families(
      ColumnFamilyHandle fallback,
      ColumnFamilyHandle meta,
      ColumnFamilyHandle tasks,
      ColumnFamilyHandle order,
      ColumnFamilyHandle queues,
      ColumnFamilyHandle sessions,
      ColumnFamilyHandle producers,
      Map<Family, ColumnFamilyHandle> others) {
    /** Families before those of {@link Family}. */
    private static final int OWN = 7;

    static List<ColumnFamilyDescriptor> descriptors(
        ColumnFamilyOptions point, ColumnFamilyOptions ordered) {
      List<ColumnFamilyDescriptor> all =
          new ArrayList<>(
              List.of(
                  new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, ordered),
                  descriptor("meta", ordered),
                  descriptor("tasks", point),
                  descriptor("order", ordered),
                  descriptor("queues", ordered),
                  descriptor("sessions", ordered),
                  descriptor("producers", ordered)));
      for (Family family : Family.values()) {
        all.add(descriptor(family.familyName(), family == Family.UNIQUES ? point : ordered));
      }
      return all;
    }

    private static ColumnFamilyDescriptor descriptor(String name, ColumnFamilyOptions options) {
      return new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.US_ASCII), options);
    }

    static Families of(List<ColumnFamilyHandle> handles) {
      Map<Family, ColumnFamilyHandle> others = new EnumMap<>(Family.class);
      int next = OWN;
      for (Family family : Family.values()) {
        others.put(family, handles.get(next++));
      }
      return new Families(
          handles.get(0),
          handles.get(1),
          handles.get(2),
          handles.get(3),
          handles.get(4),
          handles.get(5),
          handles.get(6),
          others);
    }

    ColumnFamilyHandle of(Family family) {
      return Objects.requireNonNull(others.get(family));
    }

    List<ColumnFamilyHandle> all() {
      List<ColumnFamilyHandle> all =
          new ArrayList<>(List.of(fallback, meta, tasks, order, queues, sessions, producers));
      all.addAll(others.values());
      return all;
    }

    void close() {
      all().forEach(ColumnFamilyHandle::close);
    }
  }

  private final class RocksBatch implements Batch {
    private final WriteBatch batch = new WriteBatch(batchBytes);

    @Override
    public void putMeta(MetaRecord meta) {
      put(families.meta, META_KEY, meta.toByteArray());
    }

    @Override
    public void putTask(TaskRecord task) {
      put(families.tasks, longKey(task.getId()), task.toByteArray());
    }

    @Override
    public void deleteTasks(long first, long last) {
      deleteAll(families.tasks, first, last, RocksStateStore::longKey);
    }

    @Override
    public void putPlace(LaneKey lane, long position, long id) {
      put(families.order, lane.at(position), longKey(id));
    }

    @Override
    public void deletePlaces(LaneKey lane, long first, long last) {
      deleteAll(families.order, first, last, lane::at);
    }

    @Override
    public void putQueue(QueueRecord queue) {
      put(families.queues, intKey(queue.getNumber()), queue.toByteArray());
    }

    @Override
    public void putSession(SessionRecord session) {
      put(families.sessions, longKey(session.getNumber()), session.toByteArray());
    }

    @Override
    public void deleteSession(long number) {
      delete(families.sessions, longKey(number));
    }

    @Override
    public void putProducer(ProducerRecord producer) {
      put(families.producers, bytes(producer.getKey()), producer.toByteArray());
    }

    @Override
    public void deleteProducer(byte[] key) {
      delete(families.producers, key);
    }

    @Override
    public void put(Family family, ByteString key, ByteString value) {
      put(families.of(family), key.toByteArray(), value.toByteArray());
    }

    @Override
    public void delete(Family family, ByteString key) {
      delete(families.of(family), key.toByteArray());
    }

    @Override
    public void commit() {
      batchBytes = (int) Math.min(Integer.MAX_VALUE, batch.getDataSize() / 4 * 5);
      try {
        db.write(writeOptions, batch);
        db.flush(flushOptions, families.all());
      } catch (RocksDBException e) {
        throw new StoreException("the state cannot be written: " + e.getMessage(), e);
      }
    }

    @Override
    public void close() {
      batch.close();
    }

    private void put(ColumnFamilyHandle family, byte[] key, byte[] value) {
      try {
        batch.put(family, key, value);
      } catch (RocksDBException e) {
        throw new StoreException("the state cannot be batched: " + e.getMessage(), e);
      }
    }

    private void delete(ColumnFamilyHandle family, byte[] key) {
      try {
        batch.delete(family, key);
      } catch (RocksDBException e) {
        throw new StoreException("the state cannot be batched: " + e.getMessage(), e);
      }
    }

    /** A range is one record, however long it is, but each read looks for ranges apart. */
    private void deleteAll(
        ColumnFamilyHandle family, long first, long last, LongFunction<byte[]> key) {
      if (last - first < RANGE_MIN - 1) {
        for (long each = first; each <= last; each++) {
          delete(family, key.apply(each));
        }
        return;
      }
      try {
        batch.deleteRange(family, key.apply(first), key.apply(last + 1));
      } catch (RocksDBException e) {
        throw new StoreException("the state cannot be batched: " + e.getMessage(), e);
      }
    }

    private static byte[] bytes(ByteString value) {
      return value.toByteArray();
    }
  }
}
