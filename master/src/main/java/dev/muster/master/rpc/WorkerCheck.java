package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.StackDump;
import dev.muster.proto.v1.WorkerFrame;
import org.jspecify.annotations.Nullable;

/** The rules of what a worker says. Null means that none is broken. */
final class WorkerCheck {
  /** Most handlers that a worker names; they are for people. */
  private static final int HANDLERS_MAX = 10_000;

  private WorkerCheck() {}

  static Outcome.@Nullable Refused frame(WorkerFrame frame, boolean first) {
    if (frame.hasHello() != first) {
      return RequestCheck.bad("the first frame, and only the first, says hello");
    }
    Outcome.Refused refused = first ? hello(frame.getHello()) : null;
    if (refused == null && frame.getCredit() < 0) {
      refused =
          RequestCheck.bad(
              "credit only grows, found " + Integer.toUnsignedString(frame.getCredit()));
    }
    if (refused == null) {
      refused = RequestCheck.columns(frame.getStartedIdsCount(), frame.getStartedTokensCount());
    }
    for (NumberedSettlement numbered : frame.getSettlementsList()) {
      if (refused == null) {
        refused = SettlementCheck.settlement(numbered.getSettlement());
      }
    }
    for (StackDump stack : frame.getStacksList()) {
      if (refused == null && RequestCheck.bytes(stack.getText()) > Limits.STACK_BYTES_MAX) {
        refused = RequestCheck.bad("a stack has at most " + Limits.STACK_BYTES_MAX + " bytes");
      }
    }
    return refused;
  }

  static Outcome.@Nullable Refused hello(Hello hello) {
    if (hello.getSession().size() != Limits.SESSION_ID_BYTES) {
      return RequestCheck.bad(
          "a worker's session has "
              + Limits.SESSION_ID_BYTES
              + " bytes, found "
              + hello.getSession().size());
    }
    int queues = hello.getQueuesCount();
    if (queues < 1 || queues > Limits.WORKER_QUEUES_MAX) {
      return RequestCheck.bad(
          "a worker serves 1 to " + Limits.WORKER_QUEUES_MAX + " queues, found " + queues);
    }
    if (RequestCheck.isLong(hello.getName())
        || RequestCheck.isLong(hello.getHost())
        || RequestCheck.isLong(hello.getClient())) {
      return RequestCheck.bad(
          "a worker's name, host and client have at most " + Limits.NAME_BYTES_MAX + " bytes");
    }
    if (hello.getHandlersCount() > HANDLERS_MAX
        || hello.getHandlersList().stream().anyMatch(RequestCheck::isLong)) {
      return RequestCheck.bad(
          "a worker names at most "
              + HANDLERS_MAX
              + " handlers of at most "
              + Limits.NAME_BYTES_MAX
              + " bytes");
    }
    if (hello.getSlots() < 0 || hello.getCredit() < 0) {
      return RequestCheck.bad(
          "a worker has at most "
              + Integer.MAX_VALUE
              + " slots, found "
              + Integer.toUnsignedString(Math.min(hello.getSlots(), hello.getCredit())));
    }
    Outcome.Refused refused =
        RequestCheck.columns(hello.getHeldIdsCount(), hello.getHeldTokensCount());
    if (refused == null) {
      refused = RequestCheck.labels("a worker", hello.getLabelsMap());
    }
    for (String queue : hello.getQueuesList()) {
      if (refused == null) {
        refused = RequestCheck.queue(queue);
      }
    }
    return refused;
  }
}
