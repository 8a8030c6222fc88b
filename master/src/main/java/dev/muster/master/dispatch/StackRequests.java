package dev.muster.master.dispatch;

import dev.muster.master.queue.Attempts;
import dev.muster.proto.v1.StackDump;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Who waits for the stack of a running task, until its worker has sent it or was silent for too
 * long. In the leader's memory only. On the loop.
 */
public final class StackRequests {
  private static final long ANSWER_WITHIN_S = 5;

  private final LongSupplier clockNs;
  private final List<Waiting> waiting = new ArrayList<>();

  private record Waiting(Attempts.Holder holder, long untilNs, Listener listener) {}

  /**
   * @param clockNs monotonic, ns
   */
  StackRequests(LongSupplier clockNs) {
    this.clockNs = clockNs;
  }

  /** Hears once what came of a request. On the loop. */
  public interface Listener {
    /**
     * It came.
     *
     * @param worker "name@host:pid"
     */
    void stack(String worker, String text);

    /** The task does not run there any more. */
    void over(String why);

    /** The worker says nothing. */
    void silent(String why);
  }

  void await(Attempts.Holder holder, Listener listener) {
    waiting.add(
        new Waiting(
            holder, clockNs.getAsLong() + TimeUnit.SECONDS.toNanos(ANSWER_WITHIN_S), listener));
  }

  /** A worker sent stacks. */
  void answered(long session, List<StackDump> stacks) {
    for (StackDump stack : stacks) {
      answer(
          request ->
              request.holder.session() == session
                  && request.holder.id() == stack.getId()
                  && (request.holder.token() == stack.getToken() || stack.getText().isEmpty()),
          stack.getText());
    }
  }

  private void answer(Predicate<Waiting> which, String text) {
    for (Waiting request : take(which)) {
      if (text.isEmpty()) {
        request.listener.over(
            "worker " + request.holder.worker() + " runs no handler for it now: it has just ended");
      } else {
        request.listener.stack(request.holder.worker(), text);
      }
    }
  }

  /** Who waited for too long hears so. */
  void tick(long nowNs) {
    for (Waiting request : take(next -> next.untilNs <= nowNs)) {
      request.listener.silent(
          "worker "
              + request.holder.worker()
              + " did not answer within "
              + ANSWER_WITHIN_S
              + " s: it hangs, or is older than this master");
    }
  }

  private List<Waiting> take(Predicate<Waiting> which) {
    if (waiting.isEmpty()) {
      return List.of();
    }
    List<Waiting> taken = waiting.stream().filter(which).toList();
    waiting.removeAll(taken);
    return taken;
  }
}
