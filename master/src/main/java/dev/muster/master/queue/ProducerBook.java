package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.AnswerRecord;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RequestId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who has asked what: makes a request that is sent again only a retry. Least recently used first.
 */
final class ProducerBook {
  /** A client that was silent for so long is forgotten, ms. */
  static final long FORGET_AFTER_MS = 24 * 3_600_000L;

  static final int PRODUCERS_MAX = 100_000;

  private final LinkedHashMap<ByteString, Producer> producers = new LinkedHashMap<>();

  /** Requests that were remembered: what orders those with one stamp. */
  private long uses;

  void restore(StateStore store) {
    List<Producer> found = new ArrayList<>();
    store.producers(record -> found.add(new Producer(record)));
    // By the time alone, those of one entry might stand in another order than before.
    found.sort(
        Comparator.comparingLong((Producer producer) -> producer.lastUse)
            .thenComparingLong(producer -> producer.lastUsedMs));
    for (Producer producer : found) {
      producers.put(producer.key, producer);
      uses = producer.lastUse;
    }
  }

  /** The earlier answer to this request, or null when it is new (or has no number). */
  @Nullable AnswerRecord answer(RequestId request) {
    Producer producer = producers.get(request.getSession());
    return producer == null ? null : producer.answer(request.getNumber());
  }

  /** Why a new request cannot be taken, or null. */
  Outcome.@Nullable Refused refusal(RequestId request, int outstandingMax) {
    Producer producer = producers.get(request.getSession());
    if (producer == null) {
      return null;
    }
    if (request.getNumber() < producer.answeredBelow) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_FORGOTTEN_REQUEST,
          "request "
              + request.getNumber()
              + " is below "
              + producer.answeredBelow
              + ", under which the client has declared every request answered");
    }
    // The second count walks the answers: it is taken only by a client that is at its limit.
    if (producer.answers() >= outstandingMax
        && producer.answersFrom(request.getAnsweredBelow()) >= outstandingMax) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_BAD_REQUEST,
          "a client may have "
              + outstandingMax
              + " unanswered requests; raise answered_below as replies arrive");
    }
    return null;
  }

  /** Keeps the answer to a new request. */
  void remember(RequestId request, AnswerRecord.Builder answer, long nowMs, Generation current) {
    if (request.getNumber() == 0) {
      return;
    }
    Producer producer = producers.remove(request.getSession());
    if (producer == null) {
      producer = new Producer(request.getSession());
    }
    producers.put(producer.key, producer);
    producer.lastUsedMs = nowMs;
    producer.lastUse = ++uses;
    producer.advance(request.getAnsweredBelow());
    producer.remember(answer.setNumber(request.getNumber()).build());
    current.dirty(producer);
  }

  /** Forgets who was silent for too long, a few at a time. */
  void forgetIdle(long nowMs, Generation current) {
    Iterator<Producer> oldest = producers.values().iterator();
    for (int i = 0; i < 16 && oldest.hasNext(); i++) {
      Producer producer = oldest.next();
      if (producers.size() <= PRODUCERS_MAX && producer.lastUsedMs + FORGET_AFTER_MS > nowMs) {
        return;
      }
      oldest.remove();
      current.gone(producer);
    }
  }
}
