package dev.muster.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import dev.muster.client.retry.Backoff;
import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.AwaitRequest;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExtendReply;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.GraphRequest;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.QueuesGrpc;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.SettleReply;
import dev.muster.proto.v1.SettleRequest;
import dev.muster.proto.v1.TakeReply;
import dev.muster.proto.v1.TakeRequest;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WatchRequest;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;

/**
 * The queues of a master in memory, with faults on demand: streams that break before or after a
 * request was applied. Answers to request numbers are remembered, as a master's are.
 */
final class FakeMaster implements AutoCloseable {
  private final Server server;
  private final ManagedChannel channel;

  @GuardedBy("this")
  private final Map<String, Map<Long, ByteString>> queues = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<String, Long> maxLengths = new HashMap<>();

  @GuardedBy("this")
  private final Map<Long, String> leased = new HashMap<>();

  @GuardedBy("this")
  private final Map<Long, ByteString> leasedPayloads = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, EnqueueReply> answers = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Long> uniques = new HashMap<>();

  @GuardedBy("this")
  private final Set<Long> stale = new HashSet<>();

  @GuardedBy("this")
  private long nextId = 1;

  /** Requests as they came, in order; repeated ones too. */
  final BlockingQueue<EnqueueRequest> requests = new LinkedBlockingQueue<>();

  /** Takes that found nothing and were told to wait. */
  final BlockingQueue<TakeRequest> waitingTakes = new LinkedBlockingQueue<>();

  final BlockingQueue<GraphRequest> graphs = new LinkedBlockingQueue<>();
  final BlockingQueue<CancelRequest> cancels = new LinkedBlockingQueue<>();
  final FakeAwaits awaits = new FakeAwaits();
  final BlockingQueue<AwaitRequest> awaitRequests = awaits.requests;
  final FakeWatches watches = new FakeWatches();
  final FakeWorkers workers = new FakeWorkers();
  final BlockingQueue<SettleRequest> settled = new LinkedBlockingQueue<>();

  /** Break the stream after this request was applied, and before its answer. */
  volatile Predicate<EnqueueRequest> breakAfter = request -> false;

  /** Break the stream before this request is applied. */
  volatile Predicate<EnqueueRequest> breakBefore = request -> false;

  /** Break the call after this graph was applied, and before its answer. */
  volatile Predicate<GraphRequest> breakGraphAfter = request -> false;

  /** While set, answers are kept back. */
  volatile boolean holdAnswers;

  @GuardedBy("this")
  private final List<Runnable> heldAnswers = new ArrayList<>();

  FakeMaster() {
    String name = UUID.randomUUID().toString();
    try {
      server =
          InProcessServerBuilder.forName(name)
              .addService(new Tasks())
              .addService(new Queues())
              .addService(workers)
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel = InProcessChannelBuilder.forName(name).build();
  }

  Muster client() {
    return client(Duration.ofSeconds(20));
  }

  Muster client(Duration requestTimeout) {
    return new Muster(() -> channel, Backoff::none, () -> {}, requestTimeout);
  }

  /** How many tasks wait in a queue. */
  synchronized int waiting(String queue) {
    return queue(queue).size();
  }

  synchronized int leasedCount() {
    return leased.size();
  }

  /** The next settlement of this task is refused, and somebody else has it. */
  synchronized void makeStale(long id) {
    stale.add(id);
  }

  /** As if the tasks that have unique keys were finished. */
  synchronized void forgetUniques() {
    uniques.clear();
  }

  void finish(TaskResult result) {
    awaits.finish(result);
  }

  void breakAwaits() {
    awaits.breakAll();
  }

  void releaseAnswers() {
    List<Runnable> held;
    synchronized (this) {
      holdAnswers = false;
      held = List.copyOf(heldAnswers);
      heldAnswers.clear();
    }
    held.forEach(Runnable::run);
  }

  @GuardedBy("this")
  private Map<Long, ByteString> queue(String name) {
    return queues.computeIfAbsent(name, unused -> new LinkedHashMap<>());
  }

  private synchronized EnqueueReply apply(EnqueueRequest request) {
    String key = request.getRequest().getSession() + "#" + request.getRequest().getNumber();
    EnqueueReply known = answers.get(key);
    if (known != null && request.getRequest().getNumber() > 0) {
      return known;
    }
    EnqueueReply.Builder reply =
        EnqueueReply.newBuilder().setNumber(request.getRequest().getNumber());
    Map<Long, ByteString> queue = queue(request.getQueue());
    long max = maxLengths.getOrDefault(request.getQueue(), Long.MAX_VALUE);
    if (queue.size() + request.getPayloadsCount() > max) {
      reply.getRefusalBuilder().setReason(RefusalReason.REFUSAL_REASON_QUEUE_FULL);
    } else {
      add(request, reply);
    }
    answers.put(key, reply.build());
    return reply.build();
  }

  @GuardedBy("this")
  private void add(EnqueueRequest request, EnqueueReply.Builder reply) {
    List<Long> ids = new ArrayList<>();
    int existing = 0;
    reply.setFirstId(nextId).setCount(request.getPayloadsCount());
    for (int i = 0; i < request.getPayloadsCount(); i++) {
      String key = request.getUniqueKeysCount() == 0 ? "" : request.getUniqueKeys(i);
      Long known = key.isEmpty() ? null : uniques.putIfAbsent(key, nextId);
      existing += known == null ? 0 : 1;
      ids.add(known == null ? nextId : known);
      if (known == null) {
        queue(request.getQueue()).put(nextId++, request.getPayloads(i));
      }
    }
    if (existing > 0) {
      reply.addAllIds(ids).setExisting(existing);
    }
    notifyAll();
  }

  private synchronized EnqueueReply apply(GraphRequest request) {
    String key = request.getRequest().getSession() + "#" + request.getRequest().getNumber();
    EnqueueReply known = answers.get(key);
    if (known == null) {
      known =
          EnqueueReply.newBuilder()
              .setNumber(request.getRequest().getNumber())
              .setFirstId(nextId)
              .setCount(request.getNodesCount())
              .build();
      request
          .getNodesList()
          .forEach(node -> queue(node.getQueue()).put(nextId++, node.getPayload()));
      answers.put(key, known);
    }
    return known;
  }

  private synchronized TakeReply take(TakeRequest request) {
    Offer.Builder offer = Offer.newBuilder().setQueue(request.getQueue()).setToken(7);
    var entries = queue(request.getQueue()).entrySet().iterator();
    while (entries.hasNext() && offer.getIdsCount() < request.getMax()) {
      var entry = entries.next();
      entries.remove();
      leased.put(entry.getKey(), request.getQueue());
      leasedPayloads.put(entry.getKey(), entry.getValue());
      offer.addIds(entry.getKey()).addPayloads(entry.getValue());
    }
    notifyAll();
    return offer.getIdsCount() == 0
        ? TakeReply.getDefaultInstance()
        : TakeReply.newBuilder().addOffers(offer).build();
  }

  private synchronized void awaitWork(TakeRequest request) throws InterruptedException {
    long endNanos = System.nanoTime() + request.getWaitMs() * 1_000_000L;
    while (queue(request.getQueue()).isEmpty()) {
      long leftMs = (endNanos - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        return;
      }
      wait(leftMs);
    }
  }

  private synchronized SettleReply settle(SettleRequest request) {
    SettleReply.Builder reply = SettleReply.newBuilder();
    for (long id : request.getSettlement().getCompletedIdsList()) {
      if (stale.remove(id)) {
        reply.addRefused(
            RefusedAttempt.newBuilder()
                .setId(id)
                .setReason(RefusalReason.REFUSAL_REASON_STALE_TOKEN));
      }
      leased.remove(id);
    }
    request
        .getSettlement()
        .getFollowUpsList()
        .forEach(next -> add(next.getTasks(), EnqueueReply.newBuilder()));
    request.getSettlement().getFailedList().forEach(failed -> leased.remove(failed.getId()));
    for (long id : request.getSettlement().getReturnedIdsList()) {
      String queue = leased.remove(id);
      ByteString payload = leasedPayloads.get(id);
      if (queue != null && payload != null) {
        queue(queue).put(id, payload);
      }
    }
    notifyAll();
    return reply.build();
  }

  private final class Tasks extends TasksGrpc.TasksImplBase {
    @Override
    public StreamObserver<EnqueueFrame> enqueueStream(StreamObserver<EnqueueReplies> replies) {
      return new StreamObserver<>() {
        private boolean broken;

        @Override
        public void onNext(EnqueueFrame frame) {
          frame.getRequestsList().forEach(this::request);
        }

        private void request(EnqueueRequest request) {
          if (broken) {
            return;
          }
          requests.add(request);
          if (breakBefore.test(request)) {
            broken = true;
            replies.onError(Status.UNAVAILABLE.asRuntimeException());
            return;
          }
          EnqueueReplies reply = EnqueueReplies.newBuilder().addReplies(apply(request)).build();
          if (breakAfter.test(request)) {
            broken = true;
            replies.onError(Status.UNAVAILABLE.asRuntimeException());
            return;
          }
          synchronized (FakeMaster.this) {
            if (holdAnswers) {
              heldAnswers.add(() -> replies.onNext(reply));
              return;
            }
          }
          replies.onNext(reply);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          replies.onCompleted();
        }
      };
    }

    @Override
    public void enqueue(EnqueueRequest request, StreamObserver<EnqueueReply> reply) {
      synchronized (FakeMaster.this) {
        long endNanos = System.nanoTime() + request.getWaitMs() * 1_000_000L;
        long max = maxLengths.getOrDefault(request.getQueue(), Long.MAX_VALUE);
        try {
          while (queue(request.getQueue()).size() >= max) {
            long leftMs = (endNanos - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
              break;
            }
            FakeMaster.this.wait(leftMs);
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      reply.onNext(apply(request));
      reply.onCompleted();
    }

    @Override
    public void take(TakeRequest request, StreamObserver<TakeReply> reply) {
      TakeReply now = FakeMaster.this.take(request);
      if (now.getOffersCount() == 0 && request.getWaitMs() > 0) {
        waitingTakes.add(request);
        try {
          awaitWork(request);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        now = FakeMaster.this.take(request);
      }
      reply.onNext(now);
      reply.onCompleted();
    }

    @Override
    public void settle(SettleRequest request, StreamObserver<SettleReply> reply) {
      SettleReply answer = FakeMaster.this.settle(request);
      settled.add(request);
      reply.onNext(answer);
      reply.onCompleted();
    }

    @Override
    public void extend(ExtendRequest request, StreamObserver<ExtendReply> reply) {
      reply.onNext(ExtendReply.getDefaultInstance());
      reply.onCompleted();
    }

    @Override
    public void await(AwaitRequest request, StreamObserver<AwaitReply> replies) {
      awaits.await(request, replies);
    }

    @Override
    public void enqueueGraph(GraphRequest request, StreamObserver<EnqueueReply> reply) {
      EnqueueReply answer = apply(request);
      graphs.add(request);
      if (breakGraphAfter.test(request)) {
        reply.onError(Status.UNAVAILABLE.asRuntimeException());
        return;
      }
      reply.onNext(answer);
      reply.onCompleted();
    }

    @Override
    public void cancel(CancelRequest request, StreamObserver<CancelReply> reply) {
      cancels.add(request);
      reply.onNext(CancelReply.newBuilder().setCancelling(1).build());
      reply.onCompleted();
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchReply> replies) {
      watches.watch(request, replies);
    }
  }

  private final class Queues extends QueuesGrpc.QueuesImplBase {
    @Override
    public void getQueue(GetQueueRequest request, StreamObserver<QueueInfo> reply) {
      synchronized (FakeMaster.this) {
        if (!queues.containsKey(request.getQueue())) {
          reply.onError(Status.NOT_FOUND.asRuntimeException());
          return;
        }
        reply.onNext(info(request.getQueue()));
      }
      reply.onCompleted();
    }

    @Override
    public void configureQueue(ConfigureQueueRequest request, StreamObserver<QueueInfo> reply) {
      synchronized (FakeMaster.this) {
        if (request.getSettings().hasMaxLength()) {
          maxLengths.put(request.getQueue(), request.getSettings().getMaxLength());
        }
        reply.onNext(info(request.getQueue()));
      }
      reply.onCompleted();
    }

    @GuardedBy("FakeMaster.this")
    private QueueInfo info(String name) {
      return QueueInfo.newBuilder()
          .setName(name)
          .setReady(queue(name).size())
          .setRunning(leased.values().stream().filter(name::equals).count())
          .setSettings(QueueSettings.newBuilder().setMaxLength(maxLengths.getOrDefault(name, 0L)))
          .build();
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }
}
