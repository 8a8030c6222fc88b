package dev.muster.client.pool;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import dev.muster.client.Leases.Leased;
import dev.muster.client.pool.ChunkCutter.Batch;
import dev.muster.client.pool.MapWindow.HandOut;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.ChunkResult;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.MapRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the threads of one map share: the feeder adds items, the driver sends chunks and keeps the
 * state on the master, others bring results, and the caller takes them. One lock, its own.
 */
final class MapEngine implements ChunkLine.Listener {
  private static final long FOREVER_NANOS = Long.MAX_VALUE / 4;

  private final boolean ordered;
  private final boolean byHand;

  @GuardedBy("this")
  private final MapWindow window;

  @GuardedBy("this")
  private final ChunkCutter cutter;

  /** What workers enqueued, to be looked for. */
  @GuardedBy("this")
  private List<Left> left = new ArrayList<>();

  @GuardedBy("this")
  private boolean opened;

  @GuardedBy("this")
  private String id = "";

  @GuardedBy("this")
  private long deliveredBefore;

  @GuardedBy("this")
  private boolean continues;

  /** The state on the master is behind. */
  @GuardedBy("this")
  private boolean changed;

  @GuardedBy("this")
  private Wish wish = Wish.GO_ON;

  @GuardedBy("this")
  private boolean over;

  @GuardedBy("this")
  private @Nullable MusterException failure;

  /** What the caller wants of the map. */
  enum Wish {
    GO_ON,
    /** Nobody reads any more. */
    LEAVE,
    /** It is called off. */
    CANCEL
  }

  /** What is left of a chunk, by its unique key. */
  record Left(WindowChunk chunk, String key) {}

  MapEngine(boolean ordered, MapOptions options) {
    this.ordered = ordered;
    window = new MapWindow(ordered);
    cutter = new ChunkCutter(options.chunkSize());
    byHand = options.isAcknowledgedByHand();
  }

  // The driver's side.

  /** The map begins, or goes on from where its record says. */
  synchronized void open(MapRecord record) {
    id = record.getId();
    window.restore(record);
    cutter.startAt(record.getChunkSize());
    deliveredBefore = record.getDelivered();
    continues = hasBegun(record);
    opened = true;
    notifyAll();
  }

  /** Whether items of a map were planned, or it is known that it has none. */
  static boolean hasBegun(MapRecord record) {
    return record.getItems() > 0 || record.getInputEnded();
  }

  synchronized void slots(long slots) {
    window.slots(slots);
  }

  /** Waits until there may be something to do, a short time at most. */
  synchronized void awaitWork(long timeoutMs) throws InterruptedException {
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    long leftMs = timeoutMs;
    while (!hasWork() && leftMs > 0) {
      wait(leftMs);
      leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
    }
  }

  @GuardedBy("this")
  private boolean hasWork() {
    return wish != Wish.GO_ON
        || failure != null
        || !left.isEmpty()
        || cutter.hasNext(window.hasRoom())
        || isDelivered();
  }

  /** Chunks that go now; they are in the window. */
  synchronized List<Batch> plan() {
    cutter.sealOld(System.nanoTime());
    List<Batch> planned = new ArrayList<>();
    while (cutter.hasNext(window.hasRoom())) {
      Batch next = cutter.next();
      if (next.chunk == null) {
        next.chunk = window.plan(next.items.size(), next.bytes);
      }
      planned.add(next);
    }
    if (!planned.isEmpty()) {
      changed = true;
      notifyAll();
    }
    return planned;
  }

  synchronized List<Left> takeLeft() {
    List<Left> taken = left;
    left = new ArrayList<>();
    return taken;
  }

  synchronized boolean isChanged() {
    return changed;
  }

  /** The state to be written; what is released is covered by it. */
  synchronized MapRecord record(String handler, List<Leased> released) {
    changed = false;
    released.addAll(window.takeReleased());
    MapRecord.Builder record = MapRecord.newBuilder().setId(id).setHandler(handler);
    window.writeTo(record);
    boolean allPlanned = cutter.isUsedUp() && !cutter.isInputCut();
    return record
        .setInputEnded(allPlanned)
        .setEnded(allPlanned && window.isEmpty())
        .setChunkSize(cutter.measuredSize())
        .build();
  }

  /** Everything is planned and delivered. */
  synchronized boolean isDelivered() {
    return opened && cutter.isUsedUp() && window.isEmpty();
  }

  synchronized List<Long> tasks() {
    List<Long> tasks = new ArrayList<>();
    window.chunks().forEach(chunk -> tasks.addAll(chunk.tasks()));
    return tasks;
  }

  synchronized List<Leased> leases() {
    List<Leased> leases = new ArrayList<>();
    window.chunks().forEach(chunk -> leases.addAll(chunk.leases().values()));
    return leases;
  }

  synchronized List<WindowChunk> chunks() {
    return List.copyOf(window.chunks());
  }

  /** Null: all of it is delivered. */
  synchronized @Nullable WindowChunk chunk(long index) {
    return window.chunk(index);
  }

  /** Of this map among those of its name. */
  synchronized String id() {
    return id;
  }

  boolean isOrdered() {
    return ordered;
  }

  synchronized boolean isOpened() {
    return opened;
  }

  synchronized Wish wish() {
    return wish;
  }

  synchronized @Nullable MusterException failure() {
    return failure;
  }

  /** The driver's last word. */
  synchronized void finished() {
    over = true;
    notifyAll();
  }

  // The feeder's side.

  /**
   * Adds an item; waits while enough is on its way.
   *
   * @return false: no more are wanted
   */
  synchronized boolean add(ByteString item) throws InterruptedException {
    if (cutter.makeWayFor(item)) {
      notifyAll();
    }
    if (!awaitRoom()) {
      return false;
    }
    if (cutter.add(item, System.nanoTime())) {
      notifyAll();
    }
    return true;
  }

  @GuardedBy("this")
  private boolean awaitRoom() throws InterruptedException {
    while (!cutter.hasRoom() && isGoingOn()) {
      wait();
    }
    return isGoingOn();
  }

  @GuardedBy("this")
  private boolean isGoingOn() {
    return wish == Wish.GO_ON && failure == null && !over;
  }

  /** Adds a chunk that was planned by an earlier caller and may not have been sent. */
  synchronized boolean addAgain(Batch batch) throws InterruptedException {
    if (!awaitRoom()) {
      return false;
    }
    cutter.addAgain(batch);
    notifyAll();
    return true;
  }

  /** No input is given: this reads what an earlier caller planned. */
  synchronized void cutInput() {
    cutter.inputCut();
    changed = true;
    notifyAll();
  }

  synchronized boolean isInputCut() {
    return cutter.isInputCut();
  }

  synchronized void inputEnded() {
    cutter.inputEnded();
    changed = true;
    notifyAll();
  }

  // What comes from the master.

  @Override
  public synchronized void added(WindowChunk chunk, long task) {
    if (chunk.task() == 0) {
      chunk.task(task);
      changed = true;
    }
    chunk.tasks().add(task);
  }

  @Override
  public void received(ChunkResult result) {
    received(result, null);
  }

  /** As {@link #received(ChunkResult)}; the lease is released with the chunk's delivery. */
  synchronized void received(ChunkResult result, @Nullable Leased lease) {
    if (!result.getMap().equals(id)) {
      window.release(lease); // of an earlier map of this name, which was forgotten
      changed = true;
      return;
    }
    WindowChunk chunk = window.receive(result, lease);
    changed |= lease != null;
    if (chunk == null) {
      return;
    }
    cutter.ran(result.getRan(), result.getRanUs(), result.getSerializedSize());
    for (String key : result.getFollowUpsList()) {
      left.add(new Left(chunk, key));
    }
    notifyAll();
  }

  @Override
  public synchronized void ended(WindowChunk chunk, String key, Failure why) {
    window.fail(chunk, key, why);
    notifyAll();
  }

  @Override
  public synchronized void broken(MusterException reason) {
    if (failure == null) {
      failure = reason;
    }
    notifyAll();
  }

  // The caller's side.

  /**
   * Takes the next item; what was taken before is delivered, unless the caller says so by hand.
   *
   * @return null: it is the end, or none came in time
   */
  synchronized @Nullable HandOut next(long timeoutNanos) throws InterruptedException {
    if (!byHand) {
      boolean released = window.deliverLast();
      changed = true;
      if (released) {
        notifyAll();
      }
    }
    long endNanos = System.nanoTime() + timeoutNanos;
    while (true) {
      HandOut next = window.next();
      if (next != null) {
        return next;
      }
      if (isEnd()) {
        return null;
      }
      if (failure != null) {
        throw failure;
      }
      if (wish != Wish.GO_ON || over) {
        throw closed();
      }
      if (byHand && window.isStuck()) {
        throw new IllegalStateException(
            "the map waits for acknowledge(): nothing of what it handed out is acknowledged");
      }
      long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
      if (leftMs <= 0) {
        return null;
      }
      wait(leftMs);
    }
  }

  /**
   * As {@link #next}, but neither waits nor fails: what the caller has taken before must reach it.
   *
   * @return null: none is there now, and what was taken before is not delivered yet
   */
  synchronized @Nullable HandOut nextIfThere() {
    HandOut before = window.last();
    HandOut next = window.next();
    if (next != null && before != null && !byHand) {
      changed = true;
      if (window.deliver(before)) {
        notifyAll();
      }
    }
    return next;
  }

  synchronized boolean isEnd() {
    return opened && cutter.isUsedUp() && window.isHandedOut();
  }

  synchronized void acknowledge() {
    window.deliverHandedOut();
    changed = true;
    notifyAll();
  }

  synchronized long deliveredBefore() throws InterruptedException {
    requireBegun();
    return deliveredBefore;
  }

  synchronized boolean continues() throws InterruptedException {
    requireBegun();
    return continues;
  }

  /** Waits until it has begun; what is known of a map that cannot begin would be untrue. */
  @GuardedBy("this")
  private void requireBegun() throws InterruptedException {
    var unused = awaitBegun(FOREVER_NANOS);
    if (!opened) {
      throw failure != null ? failure : closed();
    }
  }

  @GuardedBy("this")
  private MusterException closed() {
    return new MusterException(
        wish == Wish.CANCEL ? "the map was called off" : "the results of the map are closed");
  }

  /** Waits until it has begun, or cannot; false when the time is over first. */
  synchronized boolean awaitBegun(long timeoutNanos) throws InterruptedException {
    long endNanos = System.nanoTime() + timeoutNanos;
    while (!opened && failure == null && !over) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }

  synchronized MapProgress progress() {
    return new MapProgress(
        window.items(), cutter.isUsedUp(), window.received(), window.failed(), window.retried());
  }

  synchronized void wish(Wish what) {
    if (what.compareTo(wish) > 0) {
      wish = what;
    }
    notifyAll();
  }

  /** Waits for the driver's last word; false when the time is over first. */
  synchronized boolean awaitOver(long timeoutNanos) throws InterruptedException {
    long endNanos = System.nanoTime() + timeoutNanos;
    while (!over) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }
}
