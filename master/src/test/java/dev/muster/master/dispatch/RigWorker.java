package dev.muster.master.dispatch;

import com.google.protobuf.ByteString;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.WorkerFrame;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A worker on a {@link LeaderRig} that notes what it hears; the test writes its frames. */
public final class RigWorker implements WorkerStream, Sessions.HelloListener {
  private final LeaderRig rig;
  public final List<Long> ids = new ArrayList<>();
  public final List<Long> tokens = new ArrayList<>();

  /** Of the last attempt at each task. */
  private final Map<Long, Long> tokenOf = new HashMap<>();

  public final List<Long> cancelled = new ArrayList<>();
  public final List<Long> stopped = new ArrayList<>();
  public final List<Long> stacksWanted = new ArrayList<>();
  public int drains;
  public int finishes;
  public int kills;
  public boolean expired;

  /** It does not read. */
  public boolean stuck;

  private Outcome.@Nullable Opened opened;
  private Sessions.@Nullable Handle handle;

  public RigWorker(LeaderRig rig) {
    this.rig = rig;
  }

  /** Says hello for queue "q" with so many free slots. */
  public RigWorker hello(String key, int credit) {
    return hello(
        Hello.newBuilder()
            .setSession(ByteString.copyFromUtf8(key))
            .setName(key)
            .addQueues("q")
            .setCredit(credit));
  }

  public RigWorker hello(Hello.Builder hello) {
    rig.run(() -> rig.sessions.open(this, hello.build(), this));
    return this;
  }

  /** Comes back after its stream ended, with what the other one holds. */
  public RigWorker resume(String key, RigWorker before, int credit) {
    tokenOf.putAll(before.tokenOf);
    return hello(
        Hello.newBuilder()
            .setSession(ByteString.copyFromUtf8(key))
            .addQueues("q")
            .setCredit(credit)
            .addAllHeldIds(before.ids)
            .addAllHeldTokens(before.tokens));
  }

  public long session() {
    return Objects.requireNonNull(opened).number();
  }

  public void frame(WorkerFrame.Builder frame) {
    Objects.requireNonNull(handle).frame(frame.build(), () -> {});
    rig.settle();
  }

  public void started(Long... started) {
    WorkerFrame.Builder frame = WorkerFrame.newBuilder();
    for (long id : started) {
      frame.addStartedIds(id).addStartedTokens(tokenOf.getOrDefault(id, 0L));
    }
    frame(frame);
  }

  public void end() {
    Objects.requireNonNull(handle).ended();
    rig.settle();
  }

  @Override
  public void offer(List<Offer> offers) {
    for (Offer offer : offers) {
      ids.addAll(offer.getIdsList());
      offer.getIdsList().forEach(id -> tokens.add(offer.getToken()));
      offer.getIdsList().forEach(id -> tokenOf.put(id, offer.getToken()));
    }
  }

  @Override
  public void settled(long upto, List<RefusedAttempt> refused) {}

  @Override
  public void cancelled(List<Long> more) {
    cancelled.addAll(more);
  }

  @Override
  public void stop(long id, long token) {
    stopped.add(id);
  }

  @Override
  public void drain() {
    drains++;
  }

  @Override
  public void kill() {
    kills++;
  }

  @Override
  public void stackWanted(long id) {
    stacksWanted.add(id);
  }

  @Override
  public void heartbeat() {}

  @Override
  public void expired() {
    expired = true;
  }

  @Override
  public boolean isStuck() {
    return stuck;
  }

  @Override
  public void finish() {
    finishes++;
  }

  @Override
  public void opened(Sessions.Handle session, Outcome.Opened outcome) {
    handle = session;
    opened = outcome;
  }

  @Override
  public void unavailable(String why) {
    throw new AssertionError(why);
  }
}
