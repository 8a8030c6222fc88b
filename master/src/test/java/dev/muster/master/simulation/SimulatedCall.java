package dev.muster.master.simulation;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One gRPC call: messages keep their order in each direction, a lost one breaks the call, and each
 * side learns of that in its own time.
 */
final class SimulatedCall<Q, R> {
  /** Starts the call on the master; null: a method that takes no further messages. */
  interface Method<Q, R> {
    @Nullable StreamObserver<Q> start(SimulatedMaster master, ServerCallStreamObserver<R> caller);
  }

  /** The client's side. */
  interface Answer<R> {
    void next(R message);

    /**
     * The last word.
     *
     * @param failure null: the master closed the call in order
     */
    void end(@Nullable Throwable failure);
  }

  /** So many messages wait on the wire before the master is told to hold back. */
  private static final int WIRE_MESSAGES = 8;

  private final World world;
  private final World.Program client;
  private final SimulatedMaster master;
  private final Answer<R> answer;
  private final Caller caller = new Caller();
  private @Nullable StreamObserver<Q> handler;
  private Runnable whenReached = () -> {};
  private final ArrayDeque<Runnable> inbox = new ArrayDeque<>();
  private long upAtMs;
  private long downAtMs;
  private int onTheWire;
  private boolean started;
  private boolean cut;
  private boolean clientEnded;
  private boolean masterEnded;

  private SimulatedCall(
      World world, World.Program client, SimulatedMaster master, Answer<R> answer) {
    this.world = world;
    this.client = client;
    this.master = master;
    this.answer = answer;
  }

  /** Opens a call that stays open for messages. */
  static <Q, R> SimulatedCall<Q, R> stream(
      World world,
      World.Program client,
      SimulatedMaster master,
      Method<Q, R> method,
      Answer<R> answer) {
    SimulatedCall<Q, R> call = new SimulatedCall<>(world, client, master, answer);
    if (master.process.dead) {
      call.failSoon("connection refused");
    } else {
      master.calls.add(call);
      call.up(() -> call.begin(method));
    }
    return call;
  }

  /** One request, one answer; either may be lost, and the request may come twice. */
  static <R> void unary(
      World world,
      World.Program client,
      SimulatedMaster master,
      Method<R, R> method,
      Answer<R> answer) {
    if (world.fault(30)) {
      new SimulatedCall<R, R>(world, client, master, answer).failSoon("the request was lost");
      return;
    }
    if (world.fault(30)) {
      world.after(world.between(1, 4_000), client, () -> repeat(world, client, master, method));
    }
    SimulatedCall<R, R> call = stream(world, client, master, method, answer);
    if (world.fault(30)) {
      // The request is on its way, and its answer will find nobody.
      call.clientEnded = true;
      world.after(
          world.latencyMs() + world.roll(500),
          client,
          () -> {
            answer.end(unavailable("the answer was lost"));
            call.cancelAtMaster(world.latencyMs());
          });
    }
  }

  private static <R> void repeat(
      World world, World.Program client, SimulatedMaster master, Method<R, R> method) {
    Answer<R> nobody =
        new Answer<>() {
          @Override
          public void next(R message) {}

          @Override
          public void end(@Nullable Throwable failure) {}
        };
    stream(world, client, master, method, nobody);
  }

  private static Throwable unavailable(String why) {
    return Status.UNAVAILABLE.withDescription(why).asRuntimeException();
  }

  private void failSoon(String why) {
    cut = true;
    world.after(world.latencyMs() + 1, client, () -> endAtClient(unavailable(why)));
  }

  private void begin(Method<Q, R> method) {
    started = true;
    handler = method.start(master, caller);
    pump();
  }

  /** Nothing was lost so far, as far as the network knows. */
  boolean isWhole() {
    return !cut && !clientEnded && !masterEnded;
  }

  /** From now on, this runs whenever a message reaches the master's machine. */
  void whenReached(Runnable task) {
    whenReached = task;
  }

  /** The client sends. */
  void send(Q message) {
    if (clientEnded) {
      return;
    }
    if (world.fault(4)) {
      cut("a frame was lost");
    } else {
      up(
          () -> {
            inbox.add(() -> handlerOf().onNext(message));
            pump();
          });
    }
  }

  private StreamObserver<Q> handlerOf() {
    if (handler == null) {
      throw new IllegalStateException("a message to a call that takes none");
    }
    return handler;
  }

  private void up(Runnable delivery) {
    upAtMs = Math.max(upAtMs, world.nowMs + world.latencyMs());
    world.at(
        upAtMs,
        master.process,
        () -> {
          if (!masterEnded) {
            whenReached.run();
            delivery.run();
            master.wake();
          }
        });
  }

  private void pump() {
    while (started && !masterEnded && !inbox.isEmpty() && caller.take()) {
      inbox.remove().run();
    }
  }

  private void down(Runnable delivery) {
    if (cut) {
      return;
    }
    if (world.fault(4)) {
      cut("a frame was lost");
      return;
    }
    onTheWire++;
    downAtMs = Math.max(downAtMs, world.nowMs + world.latencyMs());
    world.at(downAtMs, client, () -> arrive(delivery));
  }

  private void arrive(Runnable delivery) {
    onTheWire--;
    if (onTheWire == WIRE_MESSAGES - 1 && !masterEnded) {
      world.after(0, master.process, caller::ready);
    }
    if (!clientEnded) {
      delivery.run();
    }
  }

  /** The connection breaks: each side hears of it sooner or later. */
  void cut(String why) {
    if (cut) {
      return;
    }
    cut = true;
    long patienceMs = world.faulty && world.roll(4) == 0 ? 12_000 : 60;
    world.after(world.between(0, patienceMs), client, () -> endAtClient(unavailable(why)));
    cancelAtMaster(world.between(0, patienceMs));
  }

  /** The client gives up. */
  void cancel() {
    clientEnded = true;
    cut = true;
    cancelAtMaster(world.latencyMs());
  }

  private void cancelAtMaster(long delayMs) {
    world.after(delayMs, master.process, caller::cancelled);
  }

  private void endAtClient(@Nullable Throwable failure) {
    if (!clientEnded) {
      clientEnded = true;
      answer.end(failure);
    }
  }

  private void endAtMaster() {
    masterEnded = true;
    inbox.clear();
    master.calls.remove(this);
  }

  /** The master's side. */
  private final class Caller extends ServerCallStreamObserver<R> {
    private Runnable cancelHandler = () -> {};
    private Runnable readyHandler = () -> {};
    private boolean cancelled;
    private boolean automatic = true;
    private int requested;

    private boolean take() {
      if (!automatic && requested == 0) {
        return false;
      }
      requested -= automatic ? 0 : 1;
      return true;
    }

    private void ready() {
      if (!masterEnded) {
        readyHandler.run();
      }
    }

    private void cancelled() {
      if (!masterEnded) {
        cancelled = true;
        endAtMaster();
        cancelHandler.run();
        master.wake();
      }
    }

    @Override
    public void onNext(R message) {
      if (!masterEnded) {
        down(() -> answer.next(message));
      }
    }

    @Override
    public void onError(Throwable failure) {
      if (!masterEnded) {
        endAtMaster();
        down(() -> endAtClient(failure));
      }
    }

    @Override
    public void onCompleted() {
      if (!masterEnded) {
        endAtMaster();
        down(() -> endAtClient(null));
      }
    }

    @Override
    public void request(int count) {
      requested += count;
      // Not within the handler: gRPC delivers when it has returned.
      world.after(
          0,
          master.process,
          () -> {
            pump();
            master.wake();
          });
    }

    @Override
    public void disableAutoRequest() {
      automatic = false;
    }

    @Override
    public void disableAutoInboundFlowControl() {
      automatic = false;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public boolean isReady() {
      return onTheWire < WIRE_MESSAGES;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      cancelHandler = handler;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      readyHandler = handler;
    }

    @Override
    public void setCompression(String compression) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }
}
