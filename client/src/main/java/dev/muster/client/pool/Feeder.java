package dev.muster.client.pool;

import dev.muster.client.pool.ChunkCutter.Batch;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.MapRecord;
import dev.muster.proto.v1.PlannedChunk;
import java.util.List;

/**
 * Reads a map's input, on a thread of its own, for the caller's iterator may wait. What an earlier
 * caller has planned is skipped, but for chunks that it may not have sent.
 */
final class Feeder<T> implements Runnable {
  private final MapEngine engine;
  private final Items<T> items;
  private final String name;
  private final MapRecord record;
  private final List<PlannedChunk> unsent;

  Feeder(
      MapEngine engine, Items<T> items, String name, MapRecord record, List<PlannedChunk> unsent) {
    this.engine = engine;
    this.items = items;
    this.name = name;
    this.record = record;
    this.unsent = unsent;
  }

  @Override
  public void run() {
    try {
      if (feed()) {
        engine.inputEnded();
      }
    } catch (InterruptedException e) {
      // The map is over.
    } catch (MusterException e) {
      engine.broken(e);
    } catch (Throwable e) { // Errors, too: of the caller's iterator, or memory that is full
      engine.broken(new MusterException("the input of the map failed: " + e, e));
    }
  }

  private boolean feed() throws InterruptedException {
    for (PlannedChunk chunk : unsent) {
      skipTo(chunk.getFirstItem());
      WindowChunk waiting = engine.chunk(chunk.getIndex());
      if (waiting == null) {
        continue; // it had been sent, and is delivered by now
      }
      Batch batch = new Batch();
      batch.chunk = waiting;
      for (int i = 0; i < chunk.getItems(); i++) {
        requireNext();
        batch.items.add(items.next());
      }
      if (!engine.addAgain(batch)) {
        return false;
      }
    }
    if (record.getInputEnded()) {
      return true;
    }
    skipTo(record.getItems());
    while (items.hasNext()) {
      if (!engine.add(items.next())) {
        return false;
      }
    }
    return true;
  }

  private void skipTo(long item) {
    while (items.taken() < item) {
      requireNext();
      items.skip();
    }
  }

  private void requireNext() {
    if (!items.hasNext()) {
      throw new MusterException(
          "map "
              + name
              + " has "
              + record.getItems()
              + " items already, and the input ends after "
              + items.taken()
              + ": give the same items again, in the same order");
    }
  }
}
