package dev.muster.master.dispatch;

import com.carrotsearch.hppc.LongHashSet;
import com.carrotsearch.hppc.LongObjectHashMap;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.queue.Task;
import dev.muster.master.replication.Applier;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Who waits for the end of which task. Thread-safe. */
public final class Awaits {
  private final Applier applier;

  /** Guarded by this. */
  private final LongObjectHashMap<List<Waiter>> waiters = new LongObjectHashMap<>();

  /** Lets apply pass by without the lock when nobody waits for anything. */
  private volatile boolean any;

  public Awaits(Applier applier) {
    this.applier = applier;
  }

  /**
   * Waits for tasks. What is finished already (or unknown) is delivered before this returns.
   *
   * @param ids tasks to wait for
   * @param deliver gets each result once; within apply, so it must only note it
   */
  public Waiter register(List<Long> ids, Consumer<TaskResult> deliver) {
    Waiter waiter = new Waiter(ids, deliver);
    synchronized (this) {
      for (long id : ids) {
        List<Waiter> others = waiters.get(id);
        if (others == null) {
          others = new ArrayList<>(1);
          waiters.put(id, others);
        }
        others.add(waiter);
      }
      any = true;
    }
    // Registered first and looked up second: what finishes in between is seen by one of the two,
    // and delivered once.
    for (long id : ids) {
      TaskResult result = applier.read(machine -> finished(machine, id));
      if (result != null) {
        remove(id, waiter);
        waiter.deliver(result);
      }
    }
    return waiter;
  }

  private static @Nullable TaskResult finished(QueueMachine machine, long id) {
    Task finished = machine.finished(id);
    if (finished != null) {
      return finished.toResult();
    }
    TaskInfo known = machine.task(id, false);
    return known.getState() == TaskState.TASK_STATE_UNKNOWN || known.getFromHistory()
        ? TaskResult.newBuilder().setId(id).setState(known.getState()).build()
        : null;
  }

  /** A task is terminal. The apply thread. */
  public void finished(Task task) {
    if (!any) {
      return;
    }
    List<Waiter> told;
    synchronized (this) {
      told = waiters.remove(task.id());
      any = !waiters.isEmpty();
    }
    if (told != null) {
      TaskResult result = task.toResult();
      told.forEach(waiter -> waiter.deliver(result));
    }
  }

  /** Waits no longer. */
  public void cancel(Waiter waiter) {
    waiter.pending().forEach(id -> remove(id, waiter));
  }

  private synchronized void remove(long id, Waiter waiter) {
    List<Waiter> others = waiters.get(id);
    if (others != null) {
      others.remove(waiter);
      if (others.isEmpty()) {
        waiters.remove(id);
        any = !waiters.isEmpty();
      }
    }
  }

  /** One wait for some tasks. */
  public static final class Waiter {
    private final LongHashSet pending = new LongHashSet();
    private final Consumer<TaskResult> deliver;

    private Waiter(List<Long> ids, Consumer<TaskResult> deliver) {
      ids.forEach(pending::add);
      this.deliver = deliver;
    }

    private void deliver(TaskResult result) {
      synchronized (pending) {
        if (pending.removeAll(result.getId()) == 0) {
          return;
        }
      }
      deliver.accept(result);
    }

    private List<Long> pending() {
      synchronized (pending) {
        List<Long> ids = new ArrayList<>(pending.size());
        pending.forEach((com.carrotsearch.hppc.procedures.LongProcedure) ids::add);
        return ids;
      }
    }

    /** Everything was delivered. */
    public boolean isDone() {
      synchronized (pending) {
        return pending.isEmpty();
      }
    }
  }
}
