package dev.muster.master.simulation;

import dev.muster.master.queue.Effects;
import dev.muster.master.queue.Supply;
import dev.muster.master.queue.Task;
import java.util.List;

/** The effects of a machine, which a ledger hears too. */
class TappedEffects implements Effects {
  private final Effects to;

  TappedEffects(Effects to) {
    this.to = to;
  }

  @Override
  public void waiting(String queue, Supply supply) {
    to.waiting(queue, supply);
  }

  @Override
  public void finished(Task task) {
    to.finished(task);
  }

  @Override
  public void moved(Task task) {
    to.moved(task);
  }

  @Override
  public void stop(long session, long id, long token) {
    to.stop(session, id, token);
  }

  @Override
  public void lost(long session, List<Long> ids) {
    to.lost(session, ids);
  }

  @Override
  public void due(long atMs) {
    to.due(atMs);
  }
}
