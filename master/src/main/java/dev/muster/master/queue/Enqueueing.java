package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.v1.AnswerRecord;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Adds tasks: those of producers, of other tasks, of workflows and of schedules. */
final class Enqueueing {
  private final MachineState state;
  private final Waiting waiting;
  private final Room room;
  private final Dependencies dependencies;
  private final Endings endings;
  private final int outstandingMax;

  Enqueueing(
      MachineState state,
      Waiting waiting,
      Dependencies dependencies,
      Endings endings,
      int outstandingMax) {
    this.state = state;
    this.waiting = waiting;
    this.room = new Room(state, waiting, endings);
    this.dependencies = dependencies;
    this.endings = endings;
    this.outstandingMax = outstandingMax;
  }

  Outcome enqueue(EnqueueRequest request) {
    RequestId number = request.hasRequest() ? request.getRequest() : null;
    Outcome known = known(number);
    if (known != null) {
      return known;
    }
    QueueState queue = state.use(request.getQueue());
    if (queue == null || !resultQueueExists(request.getOptions())) {
      return tooManyQueues();
    }
    Outcome.Refused refused = refusal(queue, request);
    if (refused != null) {
      return refused;
    }
    makeRoom(queue, request);
    Outcome.Enqueued added = addAll(queue, request, request.getParentId());
    remember(number, added);
    return added;
  }

  private Outcome.@Nullable Refused refusal(QueueState queue, EnqueueRequest request) {
    Long unknown = dependencies.unknown(request.getAfterIdsList());
    if (queue.ready.refuses(request.getOptions())) {
      return tooManyPools(queue);
    }
    return unknown != null
        ? unknownTask(unknown)
        : room.refusal(queue, newTasks(queue, request), request.getPayloadsCount());
  }

  /** How many of them are not there under their unique keys already. */
  private int newTasks(QueueState queue, EnqueueRequest request) {
    int count = request.getPayloadsCount();
    for (String name : request.getUniqueKeysList()) {
      if (!name.isEmpty() && holder(queue, request, name) != null) {
        count--;
      }
    }
    return count;
  }

  private @Nullable Long holder(QueueState queue, EnqueueRequest request, String name) {
    return state.uniques.holder(uniqueKey(queue, request, name), state.nowMs);
  }

  private static ByteString uniqueKey(QueueState queue, EnqueueRequest request, String name) {
    String handler = request.getOptions().getHandler();
    return Uniques.key(request.getUniqueScope(), queue, handler, name);
  }

  private void makeRoom(QueueState queue, EnqueueRequest request) {
    if (!queue.settings.dropsOldest()) {
      return;
    }
    Set<ByteString> keys = new HashSet<>();
    for (String name : request.getUniqueKeysList()) {
      if (!name.isEmpty()) {
        keys.add(uniqueKey(queue, request, name));
      }
    }
    room.make(queue, newTasks(queue, request), keys);
  }

  /** What other tasks enqueue when they complete: accepted even into a full queue. */
  void followUp(Task parent, EnqueueRequest request) {
    QueueState queue = state.useAlways(request.getQueue());
    var unused = addAll(queue, request, parent.id);
  }

  /** One plain task, accepted even into a full queue. Returns its id. */
  long add(String queueName, TaskOptions options, ByteString payload) {
    QueueState queue = state.useAlways(queueName);
    return add(queue, queue.shared(options), payload, Task.Keys.NONE, 0, 0, null);
  }

  private Outcome.Enqueued addAll(QueueState queue, EnqueueRequest request, long parent) {
    int count = request.getPayloadsCount();
    TaskOptions options = queue.shared(request.getOptions());
    long dueMs = dueMs(request.getDelayMs(), request.getRunAtMs());
    if (request.getUniqueKeysCount() > 0) {
      return addUnique(queue, request, options, dueMs, parent);
    }
    RequestKeys keys = new RequestKeys(request);
    long firstId = state.sequence + 1;
    List<Long> ids = null;
    for (int i = 0; i < count; i++) {
      Bonds bonds =
          request.getAfterIdsCount() == 0
              ? null
              : new Bonds(request.getAfterIdsList(), request.getOnFailure());
      Task.Keys mine = keys.of(i, ByteString.EMPTY);
      long id = add(queue, options, request.getPayloads(i), mine, dueMs, parent, bonds);
      // Not in a row when what came first has failed: cancelling takes places of its own.
      if (ids == null && id != firstId + i) {
        ids = new ArrayList<>();
        for (int j = 0; j < i; j++) {
          ids.add(firstId + j);
        }
      }
      if (ids != null) {
        ids.add(id);
      }
    }
    return new Outcome.Enqueued(firstId, count, ids == null ? List.of() : ids, 0);
  }

  private Outcome.Enqueued addUnique(
      QueueState queue, EnqueueRequest request, TaskOptions options, long dueMs, long parent) {
    RequestKeys keys = new RequestKeys(request);
    List<Long> ids = new ArrayList<>();
    int existing = 0;
    for (int i = 0; i < request.getPayloadsCount(); i++) {
      String name = request.getUniqueKeys(i);
      ByteString key = name.isEmpty() ? ByteString.EMPTY : uniqueKey(queue, request, name);
      Long holder = key.isEmpty() ? null : state.uniques.holder(key, state.nowMs);
      if (holder != null) {
        ids.add(holder);
        existing++;
        continue;
      }
      Bonds bonds =
          request.getAfterIdsCount() == 0
              ? null
              : new Bonds(request.getAfterIdsList(), request.getOnFailure());
      long id = state.sequence + 1;
      if (!key.isEmpty()) {
        long forMs = request.getUniqueForMs();
        state.uniques.take(key, id, forMs == 0 ? 0 : state.nowMs + forMs);
      }
      Task.Keys mine = keys.of(i, key);
      ids.add(add(queue, options, request.getPayloads(i), mine, dueMs, parent, bonds));
    }
    return new Outcome.Enqueued(ids.get(0), ids.size(), ids, existing);
  }

  private long dueMs(long delayMs, long runAtMs) {
    return delayMs > 0 ? state.nowMs + delayMs : runAtMs;
  }

  /** Never past the end of time: what is in the log is applied, whatever times it names. */
  private static long later(long atMs, long byMs) {
    return atMs > Long.MAX_VALUE - byMs ? Long.MAX_VALUE : atMs + byMs;
  }

  private long add(
      QueueState queue,
      TaskOptions options,
      ByteString payload,
      Task.Keys keys,
      long dueMs,
      long parent,
      @Nullable Bonds bonds) {
    Task task = new Task(++state.sequence, queue, options, payload, state.nowMs, keys, parent);
    if (options.getTtlMs() != 0) {
      task.expiresMs = later(Math.max(state.nowMs, dueMs), options.getTtlMs());
    }
    String cancelled = null;
    if (bonds != null) {
      task.bonds = bonds;
      cancelled = dependencies.bind(task, bonds);
    }
    state.tasks.add(task);
    queue.enqueued++;
    if (parent != 0) {
      adopt(parent, task.id);
    }
    if (cancelled == null) {
      waiting.add(task, dueMs);
      keys.waitWith(task);
    } else {
      endings.cancel(task, cancelled);
    }
    return task.id;
  }

  private void adopt(long parentId, long child) {
    Task parent = state.tasks.find(parentId);
    if (parent != null) {
      state.touchInPlace(parent).hasChildren = true;
      state.children.put(MachineState.idKey(parentId, child), ByteString.EMPTY);
    }
  }

  /** Tasks that depend on each other; the request's shape was checked, there is no circle in it. */
  Outcome graph(GraphRequest request) {
    RequestId number = request.hasRequest() ? request.getRequest() : null;
    Outcome known = known(number);
    if (known != null) {
      return known;
    }
    Map<String, Integer> counts = new HashMap<>();
    for (GraphNode node : request.getNodesList()) {
      if (!resultQueueExists(request.getOptions(node.getOptions()))) {
        return tooManyQueues();
      }
      counts.merge(node.getQueue(), 1, Integer::sum);
    }
    List<QueueState> queues = new ArrayList<>();
    Map<QueueState, Integer> more = new LinkedHashMap<>();
    for (GraphNode node : request.getNodesList()) {
      QueueState queue = state.use(node.getQueue());
      if (queue == null) {
        return tooManyQueues();
      }
      queues.add(queue);
      if (queue.ready.refuses(request.getOptions(node.getOptions()))) {
        return tooManyPools(queue);
      }
      Integer count = counts.remove(node.getQueue());
      if (count == null) {
        continue;
      }
      Outcome.Refused refused = room.refusal(queue, count, count);
      if (refused != null) {
        return refused;
      }
      more.put(queue, count);
    }
    more.forEach((queue, count) -> room.make(queue, count, Set.of()));
    Outcome.Enqueued added = addAll(request, queues);
    remember(number, added);
    return added;
  }

  /**
   * First nodes first: a task can be tied only to what is there. Ids go by the order of the nodes.
   */
  private Outcome.Enqueued addAll(GraphRequest request, List<QueueState> queues) {
    int count = request.getNodesCount();
    long firstId = state.sequence + 1;
    state.sequence += count;
    List<Task> tasks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      GraphNode node = request.getNodes(i);
      QueueState queue = queues.get(i);
      TaskOptions options = queue.shared(request.getOptions(node.getOptions()));
      Task.Keys keys = new Task.Keys(node.getGroup(), node.getTenant(), ByteString.EMPTY);
      Task task =
          new Task(
              firstId + i,
              queue,
              options,
              node.getPayload(),
              state.nowMs,
              keys,
              request.getParentId());
      if (options.getTtlMs() != 0) {
        task.expiresMs = state.nowMs + node.getDelayMs() + options.getTtlMs();
      }
      tasks.add(task);
    }
    for (int i = 0; i < count; i++) {
      tie(request.getNodes(i), tasks.get(i), tasks);
    }
    for (int i = 0; i < count; i++) {
      Task task = tasks.get(i);
      state.tasks.add(task);
      task.queue.enqueued++;
      if (task.parent != 0) {
        adopt(task.parent, task.id);
      }
      waiting.add(task, dueMs(request.getNodes(i).getDelayMs(), 0));
    }
    return new Outcome.Enqueued(firstId, count);
  }

  private static void tie(GraphNode node, Task task, List<Task> tasks) {
    if (node.getAfterCount() == 0) {
      return;
    }
    List<Long> after = new ArrayList<>();
    for (int index : node.getAfterList()) {
      Task first = tasks.get(index);
      after.add(first.id);
      if (first.bonds == null) {
        first.bonds = new Bonds(List.of(), OnFailure.ON_FAILURE_CANCEL);
      }
      first.bonds.addDependent(task.id);
    }
    Bonds bonds = new Bonds(after, node.getOnFailure());
    after.forEach(bonds::await);
    if (task.bonds != null) {
      for (long dependent : task.bonds.dependents()) {
        bonds.addDependent(dependent);
      }
    }
    task.bonds = bonds;
  }

  private boolean resultQueueExists(TaskOptions options) {
    return options.getResultPolicy() != ResultPolicy.RESULT_POLICY_QUEUE
        || state.use(options.getResultQueue()) != null;
  }

  /** The answer that this request got before, or why it cannot be taken; null: it is new. */
  private @Nullable Outcome known(@Nullable RequestId request) {
    if (request == null) {
      return null;
    }
    AnswerRecord answer = state.producers.answer(request);
    if (answer != null) {
      return new Outcome.Enqueued(
          answer.getFirstId(), answer.getCount(), answer.getIdsList(), answer.getExisting());
    }
    return state.producers.refusal(request, outstandingMax);
  }

  private void remember(@Nullable RequestId request, Outcome.Enqueued added) {
    if (request != null) {
      AnswerRecord.Builder said =
          AnswerRecord.newBuilder()
              .setFirstId(added.firstId())
              .setCount(added.count())
              .addAllIds(added.ids())
              .setExisting(added.existing());
      state.producers.remember(request, said, state.nowMs, state.tasks.current());
    }
  }

  static Outcome.Refused tooManyQueues() {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_LIMIT,
        "a master holds at most " + QueueBook.QUEUES_MAX + " queues");
  }

  private static Outcome.Refused tooManyPools(QueueState queue) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_LIMIT,
        "tasks of at most "
            + Ready.POOLS_MAX
            + " different requirements and costs may wait in queue "
            + queue.name
            + "; these are of one more");
  }

  private static Outcome.Refused unknownTask(long id) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_UNKNOWN_TASK, Dependencies.whyUnknown(id));
  }
}
