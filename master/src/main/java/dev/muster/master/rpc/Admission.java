package dev.muster.master.rpc;

import dev.muster.master.queue.Outcome;
import org.jspecify.annotations.Nullable;

/** Whether new tasks are welcome now. Thread-safe. */
public interface Admission {
  /** Why new tasks are refused now, or null. Asked for every request: cheap. */
  Outcome.@Nullable Refused refusal();
}
