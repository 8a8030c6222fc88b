package dev.muster.master.replication;

import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** One entry on its way through the log, with those who wait for its commands. */
public final class Batch {
  private final Entry.Builder entry = Entry.newBuilder();
  private final List<Reply> replies = new ArrayList<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private long bytes;

  void add(Command command, Reply reply) {
    entry.addCommands(command);
    replies.add(reply);
    bytes += command.getSerializedSize();
  }

  boolean isEmpty() {
    return replies.isEmpty();
  }

  long bytes() {
    return bytes;
  }

  Entry seal(long stampMs, long dice) {
    return entry.setStampMs(stampMs).setDice(dice).build();
  }

  /** Answers everyone. True the first time that the batch ends, whichever way. */
  boolean applied(List<Outcome> outcomes) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    for (int i = 0; i < outcomes.size(); i++) {
      replies.get(i).applied(outcomes.get(i));
    }
    for (int i = 0; i < outcomes.size(); i++) {
      replies.get(i).entryApplied();
    }
    return true;
  }

  /**
   * Tells everyone that the log did not say what became of it. True the first time that the batch
   * ends.
   */
  public boolean unknown(String why) {
    if (!ended.compareAndSet(false, true)) {
      return false;
    }
    replies.forEach(reply -> reply.unknown(why));
    return true;
  }
}
