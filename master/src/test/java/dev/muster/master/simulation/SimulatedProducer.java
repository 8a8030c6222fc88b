package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.muster.master.queue.SharedKeys;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.GraphNode;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.OnFailure;
import dev.muster.proto.v1.RequestId;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Enqueues, and asks again under the same number until it knows. */
final class SimulatedProducer {
  private static final int UNANSWERED_MAX = 8;

  private final World world;
  private final World.Program process;
  private final Ledger ledger;
  private final Supplier<SimulatedMaster> master;
  private final ByteString session;
  private long lastNumber;

  /** Requests under way, by number. */
  private final TreeMap<Long, Asked> unanswered = new TreeMap<>();

  /**
   * @param request an EnqueueRequest or a GraphRequest
   */
  private record Asked(Message request, List<LedgerEntry> entries) {
    List<String> names() {
      return entries.stream().map(entry -> entry.name).toList();
    }
  }

  SimulatedProducer(String name, World world, Ledger ledger, Supplier<SimulatedMaster> master) {
    this.process = new World.Program(name);
    this.world = world;
    this.ledger = ledger;
    this.master = master;
    this.session = world.key();
  }

  boolean isIdle() {
    return unanswered.isEmpty();
  }

  /** Asks for tasks; payloads and number are added here. */
  void enqueue(EnqueueRequest.Builder request, int count) {
    if (unanswered.size() >= UNANSWERED_MAX) {
      return;
    }
    long number = ++lastNumber;
    List<LedgerEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = process.name + "." + number + "." + i;
      request.addPayloads(ByteString.copyFromUtf8(name));
      entries.add(ledger.asks(name, request.build(), i));
    }
    EnqueueRequest one = request.build();
    EnqueueRequest either = world.percent(50) ? SharedKeys.sayOnce(one) : one;
    ask(number, new Asked(either, entries), " into " + request.getQueue());
  }

  /** Asks for tasks that come after each other; payloads and number are added here. */
  void graph(GraphRequest.Builder request) {
    if (unanswered.size() >= UNANSWERED_MAX) {
      return;
    }
    long number = ++lastNumber;
    List<LedgerEntry> entries = new ArrayList<>();
    for (int i = 0; i < request.getNodesCount(); i++) {
      GraphNode.Builder node = request.getNodesBuilder(i);
      String name = process.name + "." + number + "." + i;
      node.setPayload(ByteString.copyFromUtf8(name));
      LedgerEntry entry = ledger.asks(name, node.getQueue(), request.getOptions(node.getOptions()));
      entry.runsOnFailure = node.getOnFailure() == OnFailure.ON_FAILURE_RUN;
      entries.add(entry);
    }
    for (int i = 0; i < entries.size(); i++) {
      entries.get(i).after = request.getNodes(i).getAfterList().stream().map(entries::get).toList();
      entries.get(i).graph = entries;
    }
    ask(number, new Asked(request.build(), entries), " after each other");
  }

  private void ask(long number, Asked asked, String how) {
    world.tell(() -> process.name + " enqueues " + asked.names() + how);
    unanswered.put(number, asked);
    send(number);
  }

  private void send(long number) {
    Asked asked = unanswered.get(number);
    if (asked == null) {
      return;
    }
    RequestId id =
        RequestId.newBuilder()
            .setSession(session)
            .setNumber(number)
            .setAnsweredBelow(unanswered.firstKey())
            .build();
    SimulatedCall.<EnqueueReply>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          if (asked.request instanceof GraphRequest graph) {
            to.tasks.enqueueGraph(graph.toBuilder().setRequest(id).build(), caller);
          } else {
            EnqueueRequest plain = (EnqueueRequest) asked.request;
            to.tasks.enqueue(plain.toBuilder().setRequest(id).build(), caller);
          }
          return null;
        },
        new Reply(number, asked));
  }

  private final class Reply implements SimulatedCall.Answer<EnqueueReply> {
    private final long number;
    private final Asked asked;

    Reply(long number, Asked asked) {
      this.number = number;
      this.asked = asked;
    }

    @Override
    public void next(EnqueueReply reply) {
      if (unanswered.remove(number) == null) {
        return;
      }
      World.check(
          reply.getCount() == asked.entries.size(),
          () -> asked.names() + " are acknowledged as " + reply.getCount() + " tasks");
      world.tell(() -> asked.names() + " are tasks " + ids(reply));
      List<Long> ids = ids(reply);
      // Ids only grow: the lowest are those of tasks that were there before.
      Set<Long> existing =
          ids.stream().sorted().limit(reply.getExisting()).collect(Collectors.toSet());
      for (int i = 0; i < ids.size(); i++) {
        if (existing.contains(ids.get(i))) {
          ledger.absorbed(asked.entries.get(i), ids.get(i));
        } else {
          ledger.acknowledged(asked.entries.get(i), ids.get(i));
        }
      }
    }

    private static List<Long> ids(EnqueueReply reply) {
      return reply.getIdsCount() > 0
          ? reply.getIdsList()
          : LongStream.range(reply.getFirstId(), reply.getFirstId() + reply.getCount())
              .boxed()
              .toList();
    }

    @Override
    public void end(@Nullable Throwable failure) {
      if (!unanswered.containsKey(number)) {
        return;
      }
      Status status = Status.fromThrowable(failure);
      switch (status.getCode()) {
        case UNAVAILABLE ->
            world.after(world.between(10, world.faulty ? 500 : 50), process, () -> send(number));
        case RESOURCE_EXHAUSTED -> {
          world.tell(() -> asked.names() + " find no room");
          unanswered.remove(number);
        }
        case NOT_FOUND -> {
          World.check(
              asked.entries.get(0).after.stream().anyMatch(first -> first.dropAsked),
              () -> asked.names() + " are refused, but nobody dropped what they come after");
          unanswered.remove(number);
        }
        default -> throw new AssertionError(asked.names() + " are refused: " + status, failure);
      }
    }
  }
}
