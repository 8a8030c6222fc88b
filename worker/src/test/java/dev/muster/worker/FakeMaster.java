package dev.muster.worker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import dev.muster.client.retry.Backoff;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.InputsRequest;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.StopAttempt;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.Welcome;
import dev.muster.proto.v1.WorkGrpc;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The master's end of the Work stream, in the test's hand: it answers nothing by itself. */
final class FakeMaster implements AutoCloseable {
  static final long TOKEN = 7;

  private final Server server;
  private final ManagedChannel channel;

  /** Everything that a worker said, on whatever stream. */
  final BlockingQueue<WorkerFrame> frames = new LinkedBlockingQueue<>();

  /** Of frames that {@link #settle} has taken, for the test's thread. */
  private final Queue<NumberedSettlement> unsettled = new ArrayDeque<>();

  /** Who asked for inputs, and what the next answers are. */
  final BlockingQueue<Long> asked = new LinkedBlockingQueue<>();

  final BlockingQueue<InputsReply> inputs = new LinkedBlockingQueue<>();

  private final List<Worker> workers = new ArrayList<>();
  private volatile StreamObserver<MasterFrame> replies;

  @GuardedBy("this")
  private boolean goodbye;

  @GuardedBy("this")
  private boolean holdsGoodbye;

  @GuardedBy("this")
  private boolean settlesAll;

  @GuardedBy("this")
  private long heard;

  @GuardedBy("this")
  private long settled;

  FakeMaster() {
    String name = UUID.randomUUID().toString();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .addService(new Work())
              .addService(new Tasks())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
    replies = new Nobody();
  }

  Worker.Builder worker() {
    return new Worker.Builder(this::link).queue("tasks");
  }

  WorkerLink link() {
    return new WorkerLink(() -> channel, Backoff.none(), () -> {});
  }

  /** The next frame that fits; those before it are dropped. */
  WorkerFrame await(Predicate<WorkerFrame> fits) throws InterruptedException {
    while (true) {
      WorkerFrame frame = frames.take();
      if (fits.test(frame)) {
        return frame;
      }
    }
  }

  /** The next hello, welcomed. */
  WorkerFrame welcome(boolean resumed, long settledUpto) throws InterruptedException {
    WorkerFrame hello = await(WorkerFrame::hasHello);
    send(
        MasterFrame.newBuilder()
            .setWelcome(
                Welcome.newBuilder()
                    .setResumed(resumed)
                    .setSettledUpto(settledUpto)
                    .setHeartbeatIntervalMs(3_000)
                    .setSessionTimeoutMs(15_000)));
    return hello;
  }

  void offer(String handler, long... ids) {
    offer(handler, offer -> {}, ids);
  }

  /** Offers tasks whose options a test changes; each payload is its task's id. */
  void offer(String handler, Consumer<Offer.Builder> change, long... ids) {
    Offer.Builder offer =
        Offer.newBuilder()
            .setQueue("tasks")
            .setToken(TOKEN)
            .setOptions(
                TaskOptions.newBuilder()
                    .setHandler(handler)
                    .setResultPolicy(ResultPolicy.RESULT_POLICY_KEEP));
    for (long id : ids) {
      offer.addIds(id).addPayloads(ByteString.copyFromUtf8(String.valueOf(id)));
    }
    change.accept(offer);
    send(MasterFrame.newBuilder().addOffers(offer));
  }

  /** Calls an attempt off. */
  void stop(long id, int interruptAfterMs, int abandonAfterMs) {
    stop(id, TOKEN, interruptAfterMs, abandonAfterMs);
  }

  void stop(long id, long token, int interruptAfterMs, int abandonAfterMs) {
    send(
        MasterFrame.newBuilder()
            .addStop(
                StopAttempt.newBuilder()
                    .setId(id)
                    .setToken(token)
                    .setInterruptAfterMs(interruptAfterMs)
                    .setAbandonAfterMs(abandonAfterMs)));
  }

  /** The next settlement, durable at once; a frame may have several. */
  Settlement settle() throws InterruptedException {
    while (unsettled.isEmpty()) {
      unsettled.addAll(await(f -> f.getSettlementsCount() > 0).getSettlementsList());
    }
    NumberedSettlement next = unsettled.remove();
    settledUpto(next.getNumber());
    return next.getSettlement();
  }

  /** The next results, as text: those of tasks that end close together come in one settlement. */
  List<String> results(int count) throws InterruptedException {
    List<String> results = new ArrayList<>();
    while (results.size() < count) {
      settle().getResultsList().forEach(result -> results.add(result.toStringUtf8()));
    }
    return results;
  }

  /** Starts a worker that ends with this master. */
  Worker start(Worker.Builder builder) {
    Worker worker = builder.start();
    workers.add(worker);
    return worker;
  }

  void settledUpto(long number) {
    send(MasterFrame.newBuilder().setSettledUpto(number));
  }

  synchronized void send(MasterFrame.Builder frame) {
    settled = Math.max(settled, frame.getSettledUpto());
    replies.onNext(frame.build());
    closeWhenAllIsSettled();
  }

  private synchronized void heard(WorkerFrame frame) {
    goodbye |= frame.getGoodbye();
    for (NumberedSettlement numbered : frame.getSettlementsList()) {
      heard = Math.max(heard, numbered.getNumber());
    }
    frames.add(frame);
    if (settlesAll && frame.getSettlementsCount() > 0) {
      settledUpto(heard);
    }
    closeWhenAllIsSettled();
  }

  /** From here on everything is durable at once. */
  synchronized void settleAll() {
    settlesAll = true;
    if (heard > settled) {
      settledUpto(heard);
    }
  }

  /** As a master does after a goodbye. */
  @GuardedBy("this")
  private void closeWhenAllIsSettled() {
    if (goodbye && !holdsGoodbye && settled >= heard) {
      goodbye = false;
      replies.onCompleted();
    }
  }

  /** A goodbye is not answered, until {@link #endAfterGoodbye}. */
  synchronized void holdGoodbye() {
    holdsGoodbye = true;
  }

  synchronized void endAfterGoodbye() {
    holdsGoodbye = false;
    closeWhenAllIsSettled();
  }

  void breakStream() {
    breakStream(Status.UNAVAILABLE);
  }

  void breakStream(Status reason) {
    replies.onError(reason.asRuntimeException());
  }

  private final class Work extends WorkGrpc.WorkImplBase {
    @Override
    public StreamObserver<WorkerFrame> work(StreamObserver<MasterFrame> to) {
      replies = to;
      return new StreamObserver<>() {
        @Override
        public void onNext(WorkerFrame frame) {
          heard(frame);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
      };
    }
  }

  /** Answers with what the test put, and with UNAVAILABLE while there is nothing. */
  private final class Tasks extends TasksGrpc.TasksImplBase {
    @Override
    public void inputs(InputsRequest request, StreamObserver<InputsReply> to) {
      asked.add(request.getId());
      InputsReply reply = inputs.poll();
      if (reply == null) {
        to.onError(Status.UNAVAILABLE.asRuntimeException());
      } else {
        to.onNext(reply);
        to.onCompleted();
      }
    }
  }

  private static final class Nobody implements StreamObserver<MasterFrame> {
    @Override
    public void onNext(MasterFrame frame) {
      throw new IllegalStateException("no worker");
    }

    @Override
    public void onError(Throwable failure) {
      throw new IllegalStateException("no worker");
    }

    @Override
    public void onCompleted() {}
  }

  @Override
  public void close() {
    if (!workers.isEmpty()) {
      settleAll();
    }
    for (Worker worker : workers) {
      var unused = worker.drain(Duration.ofMillis(1));
    }
    channel.shutdownNow();
    server.shutdownNow();
  }
}
