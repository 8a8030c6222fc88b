package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the sessions hold, for the leader that watches over it. Changes nothing. Under the same lock
 * as apply, never beside it.
 */
public final class Attempts {
  private final MachineState state;

  Attempts(MachineState state) {
    this.state = state;
  }

  /** An attempt that was called off. */
  public record CalledOff(long id, long token) {}

  /** Attempts of this session that were called off and have not ended; in order of id. */
  public List<CalledOff> cancelling(long session) {
    WorkerSession open = state.sessions.find(session);
    return open == null
        ? List.of()
        : open.held().stream()
            .filter(task -> task.cancelling)
            .map(task -> new CalledOff(task.id, task.token))
            .sorted((one, other) -> Long.compare(one.id, other.id))
            .toList();
  }

  /** "name@host:pid" of an open session; empty when it is not open. */
  public String worker(long session) {
    WorkerSession open = state.sessions.find(session);
    return open == null ? "" : open.worker;
  }

  /** The key of an open session, which its worker says hello with; empty when it is not open. */
  public ByteString key(long session) {
    WorkerSession open = state.sessions.find(session);
    return open == null ? ByteString.EMPTY : open.key;
  }

  /**
   * Who holds a task.
   *
   * @param worker "name@host:pid"
   */
  public record Holder(long session, long id, long token, String worker) {}

  /** The session that holds a task; null: none does. */
  public @Nullable Holder holder(long id) {
    Task task = state.tasks.leased(id);
    return task == null || task.session == 0
        ? null
        : new Holder(task.session, id, task.token, worker(task.session));
  }

  /** True while this attempt holds its task. */
  public boolean holds(long session, long id, long token) {
    Task task = state.tasks.leased(id);
    return task != null && task.token == token && task.session == session;
  }

  /** The task of this id if the session holds it, else null. */
  public @Nullable Task held(long session, long id) {
    Task task = state.tasks.leased(id);
    return task != null && task.session == session ? task : null;
  }
}
