package dev.muster.master.simulation;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.RequestId;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
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

  private record Asked(EnqueueRequest request, List<String> names) {}

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
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String name = process.name + "." + number + "." + i;
      names.add(name);
      request.addPayloads(ByteString.copyFromUtf8(name));
      ledger.asks(name, request.build(), i < request.getGroupsCount() ? request.getGroups(i) : "");
    }
    world.tell(() -> process.name + " enqueues " + names + " into " + request.getQueue());
    unanswered.put(number, new Asked(request.build(), names));
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
    EnqueueRequest request = asked.request.toBuilder().setRequest(id).build();
    SimulatedCall.<EnqueueReply>unary(
        world,
        process,
        master.get(),
        (to, caller) -> {
          to.tasks.enqueue(request, caller);
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
          reply.getCount() == asked.names.size(),
          () -> asked.names + " are acknowledged as " + reply.getCount() + " tasks");
      world.tell(() -> asked.names + " are tasks " + reply.getFirstId() + " …");
      for (int i = 0; i < asked.names.size(); i++) {
        long id = reply.getIdsCount() == 0 ? reply.getFirstId() + i : reply.getIds(i);
        ledger.acknowledged(asked.names.get(i), id);
      }
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
          world.tell(() -> asked.names + " find no room");
          unanswered.remove(number);
        }
        default -> throw new AssertionError(asked.names + " are refused: " + status, failure);
      }
    }
  }
}
