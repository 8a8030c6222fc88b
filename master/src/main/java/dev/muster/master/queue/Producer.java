package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.v1.AnswerRecord;
import dev.muster.master.store.v1.ProducerRecord;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The answers that one client may still ask for again. A request whose number has an answer is a
 * retry; numbers below the client's own watermark are forgotten (RIFL, SOSP 2015, section 3).
 */
final class Producer {
  final ByteString key;
  long answeredBelow;
  long lastUsedMs;

  /** Number of its last use among those of all producers. */
  long lastUse;

  private final TreeMap<Long, AnswerRecord> answers = new TreeMap<>();

  /** The highest number that has had an answer: what is new need not be looked for. */
  private long newest;

  Producer(ByteString key) {
    this.key = key;
  }

  Producer(ProducerRecord record) {
    this(record.getKey());
    answeredBelow = record.getAnsweredBelow();
    lastUsedMs = record.getLastUsedMs();
    lastUse = record.getLastUse();
    record.getAnswersList().forEach(this::remember);
  }

  ProducerRecord toRecord() {
    return ProducerRecord.newBuilder()
        .setKey(key)
        .setAnsweredBelow(answeredBelow)
        .setLastUsedMs(lastUsedMs)
        .setLastUse(lastUse)
        .addAllAnswers(answers.values())
        .build();
  }

  void advance(long below) {
    if (below > answeredBelow) {
      answeredBelow = below;
      answers.headMap(below).clear();
    }
  }

  @Nullable AnswerRecord answer(long number) {
    return number > newest ? null : answers.get(number);
  }

  int answers() {
    return answers.size();
  }

  /** Answers that would remain under this watermark. */
  int answersFrom(long below) {
    // By those that would go: a view is counted by a walk, and they soon do go, the others stay.
    return answers.size() - answers.headMap(below).size();
  }

  void remember(AnswerRecord answer) {
    answers.put(answer.getNumber(), answer);
    newest = Math.max(newest, answer.getNumber());
  }
}
