package dev.muster.client;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Tasks that depend on each other, of whatever queues, added together: all of them or none.
 *
 * <pre>{@code
 * TaskGraph graph = muster.graph();
 * TaskGraph.Node load = graph.add(loads.task("file"));
 * TaskGraph.Node left = graph.add(squares.task(1)).after(load);
 * TaskGraph.Node right = graph.add(squares.task(2)).after(load);
 * graph.add(sums.task("both")).after(left, right);
 * long sum = graph.enqueue().last();
 * }</pre>
 *
 * <p>What happens when a task does not succeed is said by the one that waits for it, see {@link
 * TaskQueue#onFailure}. A task's delay, group and tenant are as its queue says; a unique key, a
 * time to run at, a parent, and tasks outside the graph to wait for are not possible here. At most
 * 65,536 tasks, and 4 MiB of payloads. For one thread.
 */
public final class TaskGraph {
  private static final int NODES_MAX = 65_536;

  private final Muster muster;
  private final List<Node> nodes = new ArrayList<>();

  /** Nodes that no other one waits for. */
  private final Set<Node> ends = new LinkedHashSet<>();

  private long parentId;

  TaskGraph(Muster muster) {
    this.muster = muster;
  }

  /** One task of a graph. */
  public final class Node {
    private final NewTask task;
    private final String name;
    private final int index;
    private final Set<Node> before = new LinkedHashSet<>();

    private Node(NewTask task, String name, int index) {
      this.task = task;
      this.name = name;
      this.index = index;
    }

    /** What messages call it. */
    public String name() {
      return name;
    }

    /** These come first, and those named before. */
    @CanIgnoreReturnValue
    public Node after(Node... others) {
      return after(List.of(others));
    }

    /** These come first, and those named before. */
    @CanIgnoreReturnValue
    public Node after(Collection<Node> others) {
      for (Node other : others) {
        if (!other.isOf(TaskGraph.this)) {
          throw new InvalidInputException(
              "task "
                  + name
                  + " cannot wait for task "
                  + other.name
                  + ", which is of another graph: add both to one graph");
        }
      }
      before.addAll(others);
      ends.removeAll(others);
      return this;
    }

    int index() {
      return index;
    }

    boolean isOf(TaskGraph graph) {
      return TaskGraph.this == graph;
    }
  }

  /** Adds a task that waits for none, so far; called by its handler and number in messages. */
  @CanIgnoreReturnValue
  public Node add(NewTask task) {
    return add(task.name() + " #" + nodes.size(), task);
  }

  /** As {@link #add(NewTask)}, with a name for messages. */
  @CanIgnoreReturnValue
  public Node add(String name, NewTask task) {
    checkPossible(name, task.spec());
    if (nodes.size() == NODES_MAX) {
      throw new InvalidInputException(
          "a graph has at most "
              + NODES_MAX
              + " tasks: add further ones by themselves, with TaskQueue.after");
    }
    Node node = new Node(task, name, nodes.size());
    nodes.add(node);
    ends.add(node);
    return node;
  }

  /**
   * Adds a task that waits for every task that no other one waits for, so far: after one task it
   * makes a chain, after many a join.
   */
  @CanIgnoreReturnValue
  public TaskGraph then(NewTask task) {
    List<Node> first = List.copyOf(ends);
    add(task).after(first);
    return this;
  }

  /** The task that enqueues these; they are cancelled with it, see {@link Muster#cancel}. */
  @CanIgnoreReturnValue
  public TaskGraph parent(long id) {
    parentId = id;
    return this;
  }

  private static void checkPossible(String name, TaskSpec spec) {
    String found =
        spec.request().getRunAtMs() != 0
            ? "a time to run at: give it a delay"
            : !spec.keys().unique().isEmpty()
                ? "a unique key: leave it out"
                : spec.request().getParentId() != 0
                    ? "a parent: give it to the graph"
                    : spec.request().getAfterIdsCount() > 0
                        ? "tasks outside the graph to wait for: add them to the graph"
                        : "";
    if (!found.isEmpty()) {
      throw new InvalidInputException("task " + name + " of a graph cannot have " + found);
    }
  }

  /**
   * Adds the tasks; returns their ids when all are durable. Each call adds them anew.
   *
   * @throws InvalidInputException when they depend on each other in a circle, or are too large
   * @throws TimedOutException when the master did not answer within the client's request time-out
   *     (default 60 s): all or none of the tasks were added
   * @throws MusterException when the graph was refused
   */
  @CanIgnoreReturnValue
  public GraphIds enqueue() {
    if (nodes.isEmpty()) {
      throw new InvalidInputException("a graph must have a task, found none: add one");
    }
    checkNoCircle();
    EnqueueReply reply = muster.enqueueGraph(request());
    List<Long> ids =
        reply.getIdsCount() > 0
            ? List.copyOf(reply.getIdsList())
            : LongStream.range(0, nodes.size()).map(i -> reply.getFirstId() + i).boxed().toList();
    return new GraphIds(this, ids);
  }

  private GraphRequest.Builder request() {
    GraphRequest.Builder request = GraphRequest.newBuilder().setParentId(parentId);
    Map<TaskOptions, Integer> indices = new LinkedHashMap<>();
    long payloadBytes = 0;
    for (Node node : nodes) {
      TaskSpec spec = node.task.spec();
      Integer options = indices.get(spec.options());
      if (options == null) {
        options = indices.size();
        indices.put(spec.options(), options);
        request.addOptions(spec.options());
      }
      GraphNode.Builder built =
          GraphNode.newBuilder()
              .setQueue(spec.queue())
              .setOptions(options)
              .setPayload(node.task.payload())
              .setOnFailure(spec.request().getOnFailure())
              .setDelayMs(spec.request().getDelayMs())
              .setGroup(spec.keys().group())
              .setTenant(spec.keys().tenant());
      node.before.forEach(other -> built.addAfter(other.index));
      request.addNodes(built);
      payloadBytes += node.task.payload().size();
    }
    checkSize(payloadBytes, request.build().getSerializedSize());
    return request;
  }

  private void checkSize(long payloadBytes, int bytes) {
    if (payloadBytes > Limits.REQUEST_PAYLOAD_BYTES_MAX
        || bytes > Limits.MESSAGE_BYTES_MAX - Payloads.OTHER_BYTES_MAX) {
      throw new InvalidInputException(
          "the "
              + nodes.size()
              + " tasks of a graph travel in one message of at most "
              + Limits.REQUEST_PAYLOAD_BYTES_MAX
              + " bytes of payloads and "
              + Limits.MESSAGE_BYTES_MAX
              + " in all, found "
              + payloadBytes
              + " and "
              + bytes
              + ": store large payloads elsewhere, or enqueue the first tasks by themselves and let"
              + " the others wait for them with TaskQueue.after");
    }
  }

  /** Takes away what waits for nothing, again and again; a circle is what stays. */
  private void checkNoCircle() {
    int[] missing = new int[nodes.size()];
    List<List<Node>> waiting = new ArrayList<>(nodes.size());
    Deque<Node> free = new ArrayDeque<>();
    for (Node node : nodes) {
      waiting.add(new ArrayList<>());
      missing[node.index] = node.before.size();
      if (node.before.isEmpty()) {
        free.add(node);
      }
    }
    for (Node node : nodes) {
      node.before.forEach(other -> waiting.get(other.index).add(node));
    }
    int taken = 0;
    for (Node node = free.poll(); node != null; node = free.poll()) {
      taken++;
      for (Node next : waiting.get(node.index)) {
        if (--missing[next.index] == 0) {
          free.add(next);
        }
      }
    }
    if (taken < nodes.size()) {
      throw circle(missing);
    }
  }

  /** Goes back from one that stayed to one that it waits for, until one comes again. */
  private InvalidInputException circle(int[] missing) {
    Node node = nodes.stream().filter(n -> missing[n.index] > 0).findFirst().orElseThrow();
    List<Node> path = new ArrayList<>();
    Set<Node> seen = new HashSet<>();
    while (seen.add(node)) {
      path.add(node);
      node = node.before.stream().filter(n -> missing[n.index] > 0).findFirst().orElseThrow();
    }
    List<Node> circle = path.subList(path.indexOf(node), path.size());
    StringBuilder names = new StringBuilder();
    int shown = Math.min(10, circle.size());
    for (Node each : circle.subList(0, shown)) {
      names.append(each.name).append(" after ");
    }
    names.append(shown < circle.size() ? "... after " : "").append(node.name);
    return new InvalidInputException(
        "the tasks of a graph must not wait for each other in a circle, found " + names);
  }
}
