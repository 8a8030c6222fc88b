package dev.muster.master.dispatch;

import dev.muster.master.queue.Effects;
import dev.muster.master.queue.Supply;
import dev.muster.master.queue.Task;
import dev.muster.master.replication.Proposer;
import java.util.List;
import java.util.function.LongConsumer;

/** Carries what apply notes to those who act on it. The apply thread, within apply. */
public final class LeaderEffects implements Effects {
  private final Proposer proposer;
  private final Dispatcher dispatcher;
  private final Sessions sessions;
  private final Awaits awaits;
  private final RunningNotes notes;
  private final EventHub events;
  private final LongConsumer due;

  /**
   * @param due told when the earliest timer of the state machine is due, ms since the epoch
   */
  public LeaderEffects(
      Proposer proposer,
      Dispatcher dispatcher,
      Sessions sessions,
      Awaits awaits,
      RunningNotes notes,
      EventHub events,
      LongConsumer due) {
    this.proposer = proposer;
    this.dispatcher = dispatcher;
    this.sessions = sessions;
    this.awaits = awaits;
    this.notes = notes;
    this.events = events;
    this.due = due;
  }

  @Override
  public void waiting(String queue, Supply supply) {
    proposer.execute(() -> dispatcher.waiting(queue, supply));
  }

  @Override
  public void finished(Task task) {
    awaits.finished(task);
    notes.finished(task.id());
  }

  @Override
  public void moved(Task task) {
    events.moved(task);
  }

  @Override
  public void stop(long session, long id, long token) {
    sessions.stop(session, id, token);
  }

  @Override
  public void lost(long session, List<Long> ids) {
    sessions.lost(session, ids);
  }

  @Override
  public void due(long atMs) {
    due.accept(atMs);
  }
}
