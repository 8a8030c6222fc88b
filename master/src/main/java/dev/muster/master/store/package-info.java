/**
 * What outlives a generation: RocksDB behind a small interface.
 *
 * <p>In come whole generations, one atomic write each, from the flusher thread; out go single
 * records and short scans, for the apply thread. Nothing here knows a rule of the queues, and
 * nothing here decides when to write.
 */
@NullMarked
package dev.muster.master.store;

import org.jspecify.annotations.NullMarked;
