package dev.muster.master.dispatch;

import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import java.util.List;

/**
 * The way to one worker. Any thread; sends what gathers in one frame, and drops everything once the
 * stream has ended.
 */
public interface WorkerStream {
  void offer(List<Offer> offers);

  /** Settlements up to this number are durable. */
  void settled(long upto, List<RefusedAttempt> refused);

  /** These attempts belong to others, or overran: the worker drops them. */
  void cancelled(List<Long> ids);

  /** This attempt was called off: the worker asks its handler to stop, and settles it. */
  void stop(long id, long token);

  /** Asks the worker to take no more, to finish what it runs, and to go. */
  void drain();

  /** Asks the worker to end at once: to interrupt what it runs, give it back, and go. */
  void kill();

  /** Asks for the stack of the handler that runs this task. */
  void stackWanted(long id);

  void heartbeat();

  /**
   * True when the wire took nothing since the last call, and takes nothing now: the worker does not
   * read.
   */
  default boolean isStuck() {
    return false;
  }

  /** The session is over, by silence: says so and ends the stream. */
  void expired();

  /** The session is over, by goodbye: ends the stream. */
  void finish();
}
