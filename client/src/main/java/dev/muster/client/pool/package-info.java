/**
 * A function over many items, on every worker there is: what Python's {@code multiprocessing.Pool}
 * does on one machine.
 *
 * <p>Comes in: items of the caller, one after the other. Goes out: chunks of them as tasks, and
 * what came of each item, in order or as it comes. A map's way: {@code Pool} → {@code MapEngine}
 * (one thread for each map: cuts items into chunks, keeps a bounded window of them) → {@code
 * ChunkLine} (adds chunks, hears how they end) → {@code MapResults} (the caller's side). A map with
 * a name keeps its state on the master, in a {@code MapRecord}, so that another process can go on.
 */
@NullMarked
package dev.muster.client.pool;

import org.jspecify.annotations.NullMarked;
