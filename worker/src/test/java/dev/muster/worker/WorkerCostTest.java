package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.sun.management.ThreadMXBean;
import dev.muster.client.retry.Backoff;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.Welcome;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a task costs the worker that runs it, in bytes allocated by the slot's thread: what can be
 * counted, and so does not depend on the machine. The slot runs handlers and sends frames; gRPC and
 * what it writes are not counted.
 */
@Timeout(60)
final class WorkerCostTest {
  private static final int OFFER_TASKS = 1_000;
  private static final int PAYLOAD_BYTES = 100;
  private static final int RESULT_BYTES = 16;

  /** Measured: 523, with the payload's copy and the result's, 116 and 56. */
  private static final long BYTES_MAX = 700;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final AtomicLong slotThread = new AtomicLong();
  private final StillMaster master = new StillMaster();
  private final Worker worker =
      new Worker.Builder(() -> new WorkerLink(() -> master, Backoff.none(), () -> {}))
          .queue("tasks")
          .handle(
              "answer",
              Codecs.bytes(),
              (payload, context) -> {
                slotThread.setPlain(Thread.currentThread().getId());
                return new byte[RESULT_BYTES];
              })
          .prefetch(2 * OFFER_TASKS)
          .start();

  @AfterEach
  void close() {
    worker.kill();
  }

  private void run(int offers) throws InterruptedException {
    for (int i = 0; i < offers; i++) {
      master.offer();
      assertThat(master.settled.tryAcquire(OFFER_TASKS, 30, TimeUnit.SECONDS)).isTrue();
      master.settle(); // Not before: outcomes gather meanwhile, as they do under load.
    }
  }

  @Test
  void shouldAllocateLittleForATask() throws InterruptedException {
    assertThat(master.hello.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
    run(50);
    long before = THREADS.getThreadAllocatedBytes(slotThread.get());
    run(20);
    long bytes = THREADS.getThreadAllocatedBytes(slotThread.get()) - before;
    assertThat(bytes / (20 * OFFER_TASKS)).as("bytes for a task").isLessThan(BYTES_MAX);
  }

  @Test
  void shouldSayManyOutcomesInFewFrames() throws InterruptedException {
    assertThat(master.hello.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
    run(20);
    // What gathers goes when it is much, or when the slot has nothing left to do.
    assertThat(master.frameCount.get()).as("frames for %s tasks", 20 * OFFER_TASKS).isLessThan(200);
  }

  /** The other end of the stream: offers, and makes outcomes durable, when it is told to. */
  private static final class StillMaster extends Channel {
    private static final TaskOptions OPTIONS =
        TaskOptions.newBuilder().setHandler("answer").build();

    final Semaphore hello = new Semaphore(0);
    final Semaphore settled = new Semaphore(0);
    final AtomicInteger frameCount = new AtomicInteger();
    private final ByteString payload = ByteString.copyFrom(new byte[PAYLOAD_BYTES]);
    private volatile ClientCall.@Nullable Listener<MasterFrame> frames;
    private long lastId;
    private volatile long lastSettlement;

    void offer() {
      Offer.Builder offer = Offer.newBuilder().setQueue("tasks").setOptions(OPTIONS).setToken(7);
      for (int i = 0; i < OFFER_TASKS; i++) {
        offer.addIds(++lastId).addPayloads(payload);
      }
      say(MasterFrame.newBuilder().addOffers(offer).build());
    }

    /** All outcomes so far are durable. */
    void settle() {
      say(MasterFrame.newBuilder().setSettledUpto(lastSettlement).build());
    }

    private void say(MasterFrame frame) {
      ClientCall.Listener<MasterFrame> to = frames;
      if (to != null) {
        to.onMessage(frame);
      }
    }

    private void heard(WorkerFrame frame) {
      frameCount.incrementAndGet();
      if (frame.hasHello()) {
        Welcome welcome =
            Welcome.newBuilder()
                .setHeartbeatIntervalMs(60_000)
                .setSessionTimeoutMs(600_000)
                .build();
        say(MasterFrame.newBuilder().setWelcome(welcome).build());
        hello.release();
      }
      for (NumberedSettlement settlement : frame.getSettlementsList()) {
        lastSettlement = settlement.getNumber();
        settled.release(settlement.getSettlement().getCompletedIdsCount());
      }
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new ClientCall<>() {
        @Override
        @SuppressWarnings("unchecked") // the worker opens this one kind of call only
        public void start(Listener<R> listener, Metadata headers) {
          frames = (Listener<MasterFrame>) listener;
        }

        @Override
        public void sendMessage(Q message) {
          heard((WorkerFrame) message);
        }

        @Override
        public boolean isReady() {
          return true;
        }

        @Override
        public void request(int count) {}

        @Override
        public void cancel(@Nullable String message, @Nullable Throwable cause) {}

        @Override
        public void halfClose() {}
      };
    }

    @Override
    public String authority() {
      return "none";
    }
  }
}
