package dev.muster.client.pool;

import dev.muster.client.Leases.Leased;
import dev.muster.client.Muster;
import dev.muster.client.pool.ChunkCutter.Batch;
import dev.muster.client.pool.MapEngine.Left;
import dev.muster.client.pool.MapEngine.Wish;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.MapRecord;
import dev.muster.proto.v1.PlannedChunk;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Drives one map, on a thread of its own: sends chunks as there is room, and, for a map with a
 * name, keeps its record. The order makes it durable: a chunk is planned in the record, then added;
 * a result is delivered, then the record says so, then it is acknowledged.
 */
final class MapDriver<T> implements Runnable {
  private static final long TICK_MS = 50;
  private static final long WRITE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long REFRESH_NANOS = MapStore.VISIBILITY.toNanos() / 3;
  private static final long LOOK_AGAIN_MS = 1_000;

  private static final String NO_WORKER =
      "no worker is connected that serves the queue: waiting for one";

  private final MapEngine engine;
  private final ChunkLine line;
  private final Muster muster;
  private final HandlerCheck check;
  private final RemoteFunction<T, ?> function;
  private final MapOptions options;
  private final Standing standing;
  private final @Nullable Items<T> items;
  private final @Nullable MapStore store;

  /** Results that the last record that was written covers. */
  private List<Leased> covered = List.of();

  private long writtenNanos = System.nanoTime();
  private long refreshedNanos = System.nanoTime();
  private @Nullable Thread feeder;
  private @Nullable ResultTaker taker;

  /**
   * A map that begins when this runs.
   *
   * @param items null: only what was planned by an earlier caller
   * @param store null: a map without a name
   */
  MapDriver(
      MapEngine engine,
      ChunkLine line,
      Muster muster,
      HandlerCheck check,
      RemoteFunction<T, ?> function,
      MapOptions options,
      @Nullable Items<T> items,
      @Nullable MapStore store) {
    this.engine = engine;
    this.line = line;
    this.muster = muster;
    this.check = check;
    this.function = function;
    this.options = options;
    this.standing = new Standing(options::notice);
    this.items = items;
    this.store = store;
  }

  @Override
  public void run() {
    try {
      guarded(
          () -> {
            if (awaitWorker() && begin()) {
              goOn();
            }
          });
      guarded(this::end);
    } finally {
      line.close();
      if (feeder != null) {
        feeder.interrupt();
      }
      engine.finished();
    }
  }

  /** Something that may fail, and with it the map. */
  private interface Step {
    void run() throws InterruptedException;
  }

  private void guarded(Step step) {
    try {
      step.run();
    } catch (InterruptedException e) {
      engine.broken(new MusterException("the thread of a map was interrupted"));
    } catch (MusterException e) {
      engine.broken(e);
    } catch (Throwable e) { // Errors, too: the caller waits for this thread, and hears nothing else
      engine.broken(new MusterException("the map failed: " + e, e));
    }
  }

  private boolean isWanted() {
    return engine.wish() == Wish.GO_ON;
  }

  /** False: nobody waited so long. */
  private boolean awaitWorker() throws InterruptedException {
    long slots = check.slots(function.handler());
    while (slots == 0 && isWanted()) {
      standing.because(NO_WORKER);
      engine.awaitWork(LOOK_AGAIN_MS);
      slots = check.slots(function.handler());
    }
    standing.ended();
    engine.slots(slots);
    return isWanted();
  }

  /** False: nobody waited so long. */
  private boolean begin() throws InterruptedException {
    MapRecord record = MapRecord.newBuilder().setHandler(function.handler()).build();
    if (store != null) {
      record = record.toBuilder().setId(UUID.randomUUID().toString()).build();
      record = store.open(this::isWanted, options, record);
      if (record == null) {
        return false;
      }
      taker = new ResultTaker(store, engine);
    }
    if (options.isNewDemanded() && MapEngine.hasBegun(record)) {
      throw new MapNameTakenException(options.name(), record.getDelivered());
    }
    checkHandler(record);
    checkOrder(record);
    engine.open(record);
    line.begin(record.getId());
    for (WindowChunk chunk : engine.chunks()) {
      if (chunk.task() != 0) {
        engine.added(chunk, chunk.task());
        line.await(chunk, chunk.task(), "");
      }
    }
    startFeeder(record);
    if (taker != null) {
      taker.start();
    }
    return true;
  }

  private void checkHandler(MapRecord record) {
    if (!record.getHandler().equals(function.handler())) {
      throw new MusterException(
          "map "
              + options.name()
              + " is one of handler \""
              + record.getHandler()
              + "\", not of \""
              + function.handler()
              + "\": choose another name, or forget it first");
    }
    if (record.getEnded()) {
      options.notice(
          "map "
              + options.name()
              + " has ended: its "
              + record.getItems()
              + " items were delivered; forget it to begin anew");
    }
  }

  /** Who goes on without order knows what that means. */
  private void checkOrder(MapRecord record) {
    if (engine.isOrdered() && !record.getOrdered() && record.getDelivered() > 0) {
      options.notice(
          "map "
              + options.name()
              + " was begun without order: what was delivered before are not its first "
              + record.getDelivered()
              + " items, and only what comes now is in order");
    }
  }

  private void startFeeder(MapRecord record) {
    List<PlannedChunk> unsent =
        record.getWindowList().stream().filter(chunk -> chunk.getTask() == 0).toList();
    if (unsent.isEmpty() && record.getInputEnded()) {
      engine.inputEnded();
      return;
    }
    if (items == null) {
      if (!unsent.isEmpty()) {
        throw new MusterException(
            "items from "
                + unsent.get(0).getFirstItem()
                + " on of map "
                + options.name()
                + " may not have been sent: give the items again");
      }
      options.notice(
          "the input of map "
              + options.name()
              + " was not read to its end: only "
              + record.getItems()
              + " items are in it until the items are given again");
      engine.cutInput();
      return;
    }
    feeder = new Thread(new Feeder<>(engine, items, options.name(), record, unsent), "muster-feed");
    feeder.setDaemon(true);
    feeder.start();
  }

  /** Until everything is delivered, or nobody wants it. */
  private void goOn() throws InterruptedException {
    while (isWanted() && engine.failure() == null && !engine.isDelivered()) {
      engine.awaitWork(TICK_MS);
      List<Batch> planned = engine.plan();
      long now = System.nanoTime();
      if (store != null
          && (!planned.isEmpty() || (engine.isChanged() && now - writtenNanos > WRITE_NANOS))) {
        write(store);
      }
      for (Batch batch : planned) {
        send(batch);
      }
      findLeft();
      if (now - refreshedNanos > REFRESH_NANOS) {
        refresh(now);
      }
    }
  }

  private void findLeft() {
    for (Left left : engine.takeLeft()) {
      line.find(left.chunk(), left.key());
    }
  }

  private void send(Batch batch) {
    WindowChunk chunk = batch.chunk;
    if (chunk == null) {
      throw new IllegalStateException("a chunk is sent that was not planned");
    }
    line.send(chunk, batch.items, store == null ? "" : store.key(engine.id(), chunk.index()));
  }

  private void write(MapStore to) throws InterruptedException {
    List<Leased> released = new ArrayList<>();
    MapRecord next = engine.record(function.handler(), released);
    to.write(next, covered);
    covered = released;
    writtenNanos = System.nanoTime();
  }

  private void refresh(long now) {
    refreshedNanos = now;
    if (store != null) {
      List<Leased> held = new ArrayList<>(engine.leases());
      held.addAll(covered);
      store.extend(held);
    }
    lookForWorkers();
  }

  /** It had workers before, and may again. */
  private void lookForWorkers() {
    try {
      long slots = check.slots(function.handler());
      engine.slots(slots);
      if (slots == 0) {
        standing.because(NO_WORKER);
      } else {
        standing.ended();
      }
    } catch (UnreachableException e) {
      throw e;
    } catch (MusterException e) {
      standing.because(e.getMessage() + ": waiting");
    }
  }

  private void end() throws InterruptedException {
    if (taker != null) {
      taker.stop();
    }
    if (store == null) {
      if (!engine.isDelivered()) {
        cancel();
      }
    } else if (!engine.isOpened()) {
      store.letGo(List.of());
    } else if (engine.wish() == Wish.CANCEL) {
      cancel();
    } else if (engine.failure() != null) {
      awaitTaker();
      store.letGo(engine.leases()); // what was not written comes again
    } else if (engine.isDelivered() && !engine.isInputCut()) {
      endDelivered(store);
    } else {
      leave(store);
    }
  }

  private void endDelivered(MapStore of) throws InterruptedException {
    List<Leased> released = new ArrayList<>();
    MapRecord last = engine.record(function.handler(), released);
    of.end(last, covered);
    of.acknowledge(released);
  }

  private void leave(MapStore to) throws InterruptedException {
    line.awaitAdded(); // so that the record names the tasks
    awaitTaker();
    write(to);
    to.acknowledge(covered);
    to.letGo(engine.leases());
  }

  private void cancel() throws InterruptedException {
    findLeft();
    line.awaitAdded(); // what is still on its way would stay behind
    List<Long> tasks = engine.tasks();
    if (!tasks.isEmpty()) {
      var unused = muster.admin().cancel(tasks, true, "the map was called off");
    }
    if (store != null) {
      awaitTaker();
      List<Leased> held = new ArrayList<>(engine.leases());
      held.addAll(covered);
      store.forget(held);
    }
  }

  private void awaitTaker() throws InterruptedException {
    if (taker != null) {
      taker.awaitEnd();
    }
  }
}
