package dev.muster.master.queue;

import com.carrotsearch.hppc.LongHashSet;
import com.google.protobuf.ByteString;
import dev.muster.master.store.v1.SessionRecord;

/** One start of one worker: what it holds lives as long as it does. */
final class WorkerSession {
  /** From the master's sequence: never given out twice. */
  final long number;

  /** The worker's own name for it, 16 random bytes. */
  final ByteString key;

  /** "name@host:pid". */
  final String worker;

  /** Number of the last settlement applied. */
  long settledUpto;

  /** Ids of the tasks that it has leased. Derived: the tasks say which session holds them. */
  final LongHashSet held = new LongHashSet();

  WorkerSession(long number, ByteString key, String worker) {
    this.number = number;
    this.key = key;
    this.worker = worker;
  }

  WorkerSession(SessionRecord record) {
    this(record.getNumber(), record.getKey(), record.getWorker());
    settledUpto = record.getSettledUpto();
  }

  SessionRecord toRecord() {
    return SessionRecord.newBuilder()
        .setNumber(number)
        .setKey(key)
        .setWorker(worker)
        .setSettledUpto(settledUpto)
        .build();
  }
}
