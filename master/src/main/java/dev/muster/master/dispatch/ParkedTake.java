package dev.muster.master.dispatch;

import dev.muster.proto.v1.Offer;
import java.util.List;

/** A consumer without a session that waits for tasks. On the loop only, but for the receiver. */
public final class ParkedTake {
  final QueueDemand queue;
  final int max;
  final int visibilityTimeoutMs;
  final long untilNs;
  final Receiver receiver;

  /** It was answered, or its caller is gone. */
  boolean ended;

  ParkedTake(QueueDemand queue, int max, int visibilityTimeoutMs, long untilNs, Receiver receiver) {
    this.queue = queue;
    this.max = max;
    this.visibilityTimeoutMs = visibilityTimeoutMs;
    this.untilNs = untilNs;
    this.receiver = receiver;
  }

  /** Who asked. Any thread. */
  public interface Receiver {
    /** The answer, once; false: the caller is gone, and what was leased must go back. */
    boolean take(List<Offer> offers);

    /** No answer: the master cannot tell. */
    void unavailable(String why);
  }
}
