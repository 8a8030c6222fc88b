package dev.muster.master.rpc;

import dev.muster.common.Limits;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of tasks that depend on each other. Null means that none is broken. */
final class GraphCheck {
  /** So many nodes of a circle are named. */
  private static final int NAMED_MAX = 10;

  private GraphCheck() {}

  static Outcome.@Nullable Refused graph(GraphRequest request) {
    int count = request.getNodesCount();
    if (count < 1 || count > Limits.GRAPH_NODES_MAX) {
      return RequestCheck.bad(
          "a graph has 1 to " + Limits.GRAPH_NODES_MAX + " nodes, found " + count);
    }
    Outcome.Refused refused = RequestCheck.request(request.getRequest(), request.hasRequest());
    for (TaskOptions options : request.getOptionsList()) {
      if (refused == null) {
        refused = OptionsCheck.options(options);
      }
    }
    long bytes = 0;
    for (int i = 0; i < count && refused == null; i++) {
      bytes += request.getNodes(i).getPayload().size();
      refused = node(request, i);
    }
    if (refused == null) {
      refused = EnqueueCheck.together(bytes);
    }
    return refused == null ? circle(request) : refused;
  }

  private static Outcome.@Nullable Refused node(GraphRequest request, int index) {
    GraphNode node = request.getNodes(index);
    Outcome.Refused refused = RequestCheck.queue(node.getQueue());
    if (refused == null) {
      refused = optionsOf(request, node, index);
    }
    if (refused == null) {
      refused = after(request, node, index);
    }
    if (refused == null && node.getOnFailure() == OnFailure.UNRECOGNIZED) {
      refused = EnqueueCheck.unknownOnFailure(node.getOnFailureValue());
    }
    if (refused == null) {
      refused = RequestCheck.time("a delay", node.getDelayMs(), Limits.TASK_TIME_MS_MAX);
    }
    if (refused == null) {
      refused = EnqueueCheck.key(node.getGroup());
    }
    return refused == null ? EnqueueCheck.key(node.getTenant()) : refused;
  }

  private static Outcome.@Nullable Refused optionsOf(
      GraphRequest request, GraphNode node, int index) {
    int count = request.getOptionsCount();
    return Integer.compareUnsigned(node.getOptions(), count) < 0
        ? null
        : RequestCheck.bad(
            "node "
                + index
                + " names options "
                + Integer.toUnsignedString(node.getOptions())
                + ", and the request has "
                + count
                + ", counted from 0");
  }

  private static Outcome.@Nullable Refused after(GraphRequest request, GraphNode node, int index) {
    if (node.getAfterCount() > Limits.AFTER_IDS_MAX) {
      return RequestCheck.bad(
          "node "
              + index
              + " comes after "
              + node.getAfterCount()
              + " others, at most "
              + Limits.AFTER_IDS_MAX
              + " may be named");
    }
    BitSet seen = new BitSet();
    for (int before : node.getAfterList()) {
      if (Integer.compareUnsigned(before, request.getNodesCount()) >= 0) {
        return RequestCheck.bad(
            "node "
                + index
                + " comes after node "
                + Integer.toUnsignedString(before)
                + ", and the graph has "
                + request.getNodesCount()
                + ", counted from 0");
      }
      if (before == index) {
        return cycle("node " + index + " comes after itself");
      }
      if (seen.get(before)) {
        return RequestCheck.duplicate(
            "node " + index + " names node " + before + " twice among those that come first");
      }
      seen.set(before);
    }
    return null;
  }

  /** Kahn's algorithm: takes away what waits for nothing, until nothing is left, or a circle. */
  private static Outcome.@Nullable Refused circle(GraphRequest request) {
    int count = request.getNodesCount();
    int[] waitsFor = new int[count];
    List<List<Integer>> followers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      followers.add(new ArrayList<>(0));
    }
    ArrayDeque<Integer> free = new ArrayDeque<>();
    for (int i = 0; i < count; i++) {
      waitsFor[i] = request.getNodes(i).getAfterCount();
      for (int before : request.getNodes(i).getAfterList()) {
        followers.get(before).add(i);
      }
      if (waitsFor[i] == 0) {
        free.add(i);
      }
    }
    int left = count;
    for (Integer next = free.poll(); next != null; next = free.poll()) {
      left--;
      for (int follower : followers.get(next)) {
        if (--waitsFor[follower] == 0) {
          free.add(follower);
        }
      }
    }
    return left == 0 ? null : cycle(named(request, waitsFor));
  }

  /** What is left waits for a circle or is one: going back from any of it leads into one. */
  private static String named(GraphRequest request, int[] waitsFor) {
    int at = 0;
    while (waitsFor[at] == 0) {
      at++;
    }
    List<Integer> path = new ArrayList<>();
    BitSet seen = new BitSet();
    while (!seen.get(at)) {
      seen.set(at);
      path.add(at);
      for (int before : request.getNodes(at).getAfterList()) {
        if (waitsFor[before] > 0) {
          at = before;
          break;
        }
      }
    }
    List<Integer> nodes = path.subList(path.indexOf(at), path.size());
    StringBuilder named = new StringBuilder("these nodes wait for each other in a circle: ");
    for (int i = 0; i < Math.min(nodes.size(), NAMED_MAX); i++) {
      named.append(nodes.get(i)).append(" after ");
    }
    return nodes.size() > NAMED_MAX
        ? named.append("... (").append(nodes.size()).append(" nodes)").toString()
        : named.append(nodes.get(0)).toString();
  }

  private static Outcome.Refused cycle(String message) {
    return new Outcome.Refused(RefusalReason.REFUSAL_REASON_CYCLE, message);
  }
}
