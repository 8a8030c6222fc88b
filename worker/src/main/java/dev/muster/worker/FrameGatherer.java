package dev.muster.worker;

import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What a worker has to say, until the next frame takes it; and the settlements of one session until
 * they are durable. Frames are cut by bytes. Pure; guarded by its owner.
 */
final class FrameGatherer {
  private static final int FRAME_BYTES = 1 << 20;

  private final Deque<Settlement> outcomes = new ArrayDeque<>();
  private final Deque<NumberedSettlement> again = new ArrayDeque<>();
  private final SettlementWindow window = new SettlementWindow();
  private final Reports reports;
  private WorkerFrame.Builder next = WorkerFrame.newBuilder();
  private boolean saysMore;
  private boolean draining;
  private boolean goodbye;
  private boolean goodbyeDue;

  /**
   * @param reports ride in frames that have room, after the outcomes: they never delay one
   */
  FrameGatherer(Reports reports) {
    this.reports = reports;
  }

  void credit(int more) {
    if (more > 0 && !draining) {
      next.setCredit(next.getCredit() + more);
      saysMore = true;
    }
  }

  void started(long id, long token) {
    next.addStartedIds(id).addStartedTokens(token);
    saysMore = true;
  }

  void settle(SettlementColumns columns) {
    if (columns.count() > 0) {
      outcomes.addLast(columns.build());
    }
  }

  void heartbeat() {
    saysMore = true;
  }

  /** Credit is void from here on. */
  void draining() {
    draining = true;
    next.setDraining(true).clearCredit();
    saysMore = true;
  }

  /** With the frame that has the last outcome, or alone. */
  void goodbye() {
    goodbye = true;
    goodbyeDue = true;
  }

  /** The next frame; null when there is nothing to say. Its settlements wait to be durable. */
  @Nullable WorkerFrame next() {
    if (!saysMore && !hasMore()) {
      return null;
    }
    int bytes = 0;
    while (true) {
      boolean repeated = !again.isEmpty();
      int size =
          repeated
              ? again.getFirst().getSerializedSize()
              : outcomes.isEmpty() ? -1 : outcomes.getFirst().getSerializedSize();
      if (size < 0 || (bytes > 0 && bytes + size > FRAME_BYTES)) {
        break;
      }
      bytes += size;
      next.addSettlements(repeated ? again.removeFirst() : window.number(outcomes.removeFirst()));
    }
    if (reports.isWaiting() && again.isEmpty() && outcomes.isEmpty()) {
      reports.moveTo(next, bytes, FRAME_BYTES);
    }
    if (goodbyeDue && again.isEmpty() && outcomes.isEmpty()) {
      next.setGoodbye(true);
      goodbyeDue = false;
    }
    WorkerFrame frame = next.build();
    next = WorkerFrame.newBuilder();
    saysMore = false;
    return frame;
  }

  /** Whether a frame was full, and more waits. */
  boolean hasMore() {
    return !again.isEmpty() || !outcomes.isEmpty() || goodbyeDue || reports.isWaiting();
  }

  /** Settlements up to a number are durable. */
  void settledUpto(long number) {
    window.settledUpto(number);
  }

  /** A new stream: what was said on the old one but settlements is void. */
  void restart(HeldAttempts held) {
    next = WorkerFrame.newBuilder();
    saysMore = false;
    if (draining) {
      draining();
    }
    goodbyeDue = goodbye;
    again.clear();
    window.unsettled().forEach(numbered -> held.add(numbered.getSettlement()));
    outcomes.forEach(held::add);
  }

  /** The new stream was welcomed: what the master has not applied goes again, under its numbers. */
  void resendAfter(long settledUpto) {
    window.settledUpto(settledUpto);
    again.clear();
    again.addAll(window.unsettled());
  }

  /** Whether sent settlements are not durable yet. */
  boolean awaitsSettled() {
    return !window.isEmpty();
  }

  /** Whether every outcome that was handed in is durable. */
  boolean isSettled() {
    return window.isEmpty() && outcomes.isEmpty();
  }

  /** Settlements up to this number are known to be durable. */
  long settledUpto() {
    return window.settledUpto();
  }

  /** Whether this session ever settled something. */
  boolean hasNumbered() {
    return window.last() > 0;
  }
}
