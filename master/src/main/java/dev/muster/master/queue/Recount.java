package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.store.Family;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StateStore;
import dev.muster.master.store.v1.LaneRecord;
import dev.muster.master.store.v1.LineRecord;
import dev.muster.master.store.v1.MetaRecord;
import dev.muster.master.store.v1.QueueRecord;
import dev.muster.master.store.v1.TaskRecord;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.VerifyReply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts everything in the store again, and says what does not add up with the queues' counters.
 * Any thread: it reads one state of the store, whatever happens meanwhile.
 */
public final class Recount implements StateStore.Auditor {
  /** So much drift is told in full. */
  private static final int DRIFT_MAX = 1_000;

  private final Map<Integer, QueueRecord> queues = new TreeMap<>();
  private final Map<LaneKey, Long> expected = new HashMap<>();
  private final Map<LaneKey, Long> found = new HashMap<>();
  private final List<String> drift = new ArrayList<>();
  private final VerifyReply.Builder reply = VerifyReply.newBuilder();
  private @Nullable CrossCheck records;
  private long places;

  private Recount() {}

  /** What was flushed last adds up, or how it does not. */
  public static VerifyReply of(StateStore store) {
    Recount recount = new Recount();
    store.audit(recount);
    return recount.reply.addAllDrift(recount.drift).build();
  }

  private void say(String what) {
    if (drift.size() < DRIFT_MAX) {
      drift.add(what);
    }
  }

  @Override
  public void begin(StateStore.View view) {
    records = new CrossCheck(view, queues, this::say);
  }

  private CrossCheck records() {
    return Objects.requireNonNull(records);
  }

  @Override
  public void meta(MetaRecord meta) {
    records().now(meta.getNowMs());
    reply.setAppliedIndex(meta.getAppliedIndex());
  }

  @Override
  public void queue(QueueRecord queue) {
    queues.put(queue.getNumber(), queue);
    reply.setQueues(queues.size());
    records().queue(queue);
    for (LaneRecord lane : queue.getLanesList()) {
      LaneKey.Kind kind = LaneKey.Kind.of(lane.getKind());
      expect(new LaneKey(kind, queue.getNumber(), lane.getLine()), lane.getSize());
    }
    expect(new LaneKey(LaneKey.Kind.LEASED, queue.getNumber(), 0), queue.getLeased());
    expect(new LaneKey(LaneKey.Kind.DELAYED, queue.getNumber(), 0), queue.getDelayed());
  }

  private void expect(LaneKey lane, long size) {
    if (size != 0) {
      expected.put(lane, size);
    }
  }

  @Override
  public void record(Family family, ByteString key, ByteString value) {
    switch (family) {
      case LINES -> line(value);
      case TIMERS -> records().timer(key, value);
      case UNIQUES -> records().unique(key, value);
      case INPUTS -> records().input(key);
      case CHILDREN -> records().child(key);
      case TENANTS, SCHEDULES -> {
        // Nothing counts them.
      }
    }
  }

  private void line(ByteString value) {
    try {
      LineRecord line = LineRecord.parseFrom(value);
      expect(new LaneKey(LaneKey.Kind.READY, line.getQueue(), line.getNumber()), line.getSize());
      records().line(line);
    } catch (InvalidProtocolBufferException e) {
      say("the record of a line cannot be read: " + e.getMessage());
    }
  }

  @Override
  public void place(LaneKey lane, long position, @Nullable TaskRecord task) {
    places++;
    long nth = found.merge(lane, 1L, Long::sum);
    if (task == null) {
      say("place " + position + " of " + name(lane) + " names a task that has no record");
    } else if (task.getQueue() != lane.queue()
        || task.getPosition() != position
        || kindOf(task.getState()) != lane.kind()) {
      say(
          "task "
              + Long.toUnsignedString(task.getId())
              + " is "
              + task.getState()
              + " at place "
              + task.getPosition()
              + ", and has place "
              + position
              + " of "
              + name(lane));
    } else {
      records().task(lane, task, nth == 1);
    }
  }

  private static LaneKey.@Nullable Kind kindOf(TaskState state) {
    return switch (state) {
      case TASK_STATE_READY -> LaneKey.Kind.READY;
      case TASK_STATE_DELAYED -> LaneKey.Kind.DELAYED;
      case TASK_STATE_RUNNING -> LaneKey.Kind.LEASED;
      case TASK_STATE_SUCCEEDED -> LaneKey.Kind.RETAINED;
      case TASK_STATE_FAILED -> LaneKey.Kind.DEAD;
      case TASK_STATE_CANCELLED, TASK_STATE_EXPIRED -> LaneKey.Kind.ENDED;
      case TASK_STATE_QUARANTINED -> LaneKey.Kind.QUARANTINED;
      case TASK_STATE_UNKNOWN, TASK_STATE_OFFERED, UNRECOGNIZED -> null;
    };
  }

  @Override
  public void tasks(long count) {
    reply.setTasks(count);
    if (count != places) {
      say(count + " tasks have a record, and " + places + " have a place");
    }
    expected.forEach(
        (lane, size) -> {
          long there = found.getOrDefault(lane, 0L);
          if (there != size) {
            say(name(lane) + " counts " + size + " tasks, and " + there + " are there");
          }
        });
    found.forEach(
        (lane, there) -> {
          if (!expected.containsKey(lane)) {
            say(name(lane) + " counts no tasks, and " + there + " are there");
          }
        });
    queues.values().forEach(this::conserved);
  }

  /** Everything that ever came in is somewhere, or has ended. */
  private void conserved(QueueRecord queue) {
    long ready = 0;
    for (Map.Entry<LaneKey, Long> lane : found.entrySet()) {
      if (lane.getKey().queue() == queue.getNumber()
          && lane.getKey().kind() == LaneKey.Kind.READY) {
        ready += lane.getValue();
      }
    }
    long sum =
        ready
            + queue.getDelayed()
            + queue.getLeased()
            + queue.getSucceeded()
            + queue.getFailed()
            + queue.getCancelled()
            + queue.getExpired()
            + queue.getQuarantined();
    if (queue.getEnqueued() != sum) {
      say(
          "queue "
              + queue.getName()
              + ": "
              + queue.getEnqueued()
              + " were enqueued, and the states add up to "
              + sum);
    }
  }

  private String name(LaneKey lane) {
    QueueRecord queue = queues.get(lane.queue());
    String name = queue == null ? "number " + lane.queue() : queue.getName();
    String line = lane.line() == 0 ? "" : " (line " + lane.line() + ")";
    return "queue " + name + ", " + lane.kind() + line;
  }
}
