package dev.muster.worker;

import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.StopAttempt;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The tasks that a session holds and where they go: slots that run them, or a consumer. Called
 * under the session's lock unless said otherwise; must not wait.
 */
interface Holdings {
  /** Takes in what the master offered. */
  void offered(Collection<Offer> offers);

  /** Hands in outcomes, freed credit and what began since the last time. */
  void collect(FrameGatherer into);

  /**
   * For the hello of a new stream: writes what is held; what is held and begun will be named as
   * started again.
   *
   * @return credit that is free now, in slots; credit freed until now is not handed in again
   */
  int restart(HeldAttempts into);

  /** The session is over: forgets all; outcomes of what still runs do not count. */
  void drop();

  /** These belong to others by now: forgets them; nothing of them is settled. */
  void lose(Set<Long> ids);

  /** Somebody called these off: they are settled as cancelled when they have stopped. */
  void stop(Collection<StopAttempt> attempts);

  /** Reports, soon, what the handlers of these tasks do now. */
  void stacks(List<Long> ids, Reports into);

  /** The worker drains: gives back all that nobody began, and begins nothing more. */
  void returnUnstarted(FrameGatherer into);
}
