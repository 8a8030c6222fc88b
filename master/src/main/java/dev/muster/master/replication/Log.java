package dev.muster.master.replication;

import dev.muster.master.log.v1.Entry;
import java.util.function.Consumer;

/**
 * Where entries become durable. Whoever implements it applies them in order, through the {@link
 * Applier}.
 */
public interface Log {
  /**
   * Appends an entry. The batch is answered when the entry is applied, or when it is known that it
   * will not be, or that nobody knows.
   *
   * @param ended called once, from any thread, after the batch is answered
   */
  void append(Batch batch, Entry entry, Consumer<Batch> ended);
}
