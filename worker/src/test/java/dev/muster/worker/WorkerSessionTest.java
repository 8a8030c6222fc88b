package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.MasterFrame;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.StopAttempt;
import dev.muster.proto.v1.WorkerFrame;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall;
import io.grpc.ForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a session makes of silence; time is in the test's hand. */
@Timeout(60)
final class WorkerSessionTest {
  private static final int SILENCE_MS = 10_000; // two thirds of what FakeMaster lets sessions live
  private static final int HEARTBEAT_MS = 3_000;

  private final FakeMaster master = new FakeMaster();
  private final Channel channel = master.link().channels().get();
  private final SideThreads aside = new SideThreads("test");
  private final AtomicLong nowNanos = new AtomicLong();
  private final WorkerSession session =
      new WorkerSession(
          Hello.newBuilder().addQueues("tasks").addHandlers("old").build(),
          new Nothing(),
          atOnce -> {},
          new Reports(aside),
          nowNanos::get);

  @AfterEach
  void close() {
    aside.stop();
    master.close();
  }

  private void pass(long ms) {
    nowNanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(ms));
    session.beat();
  }

  private SessionStream welcomed() throws InterruptedException {
    SessionStream stream = session.connect(channel);
    var unused = master.welcome(true, 0);
    assertThat(stream.awaitAccepted()).isTrue();
    return stream;
  }

  @Test
  void shouldGiveUpAStreamAndItsTransportWhenTheMasterIsSilent() throws InterruptedException {
    SessionStream stream = welcomed();
    pass(SILENCE_MS);
    assertThat(session.isConnected()).isTrue();
    pass(1);
    assertThat(session.isConnected()).isFalse();
    assertThat(stream.wasAbandoned()).isTrue();
    assertThat(stream.awaitEnd()).hasMessageContaining("nothing came from the master for 10000 ms");
  }

  @Test
  void shouldGiveUpAStreamWhoseHelloIsNotAnswered() throws InterruptedException {
    SessionStream stream = session.connect(channel);
    pass(SILENCE_MS + 1);
    assertThat(stream.wasAbandoned()).isTrue();
    assertThat(stream.awaitEnd()).isInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void shouldKeepAStreamOnWhichTheMasterBeats() throws InterruptedException {
    Semaphore heard = new Semaphore(0);
    SessionStream stream = session.connect(ClientInterceptors.intercept(channel, counting(heard)));
    var unused = master.welcome(true, 0);
    heard.acquire();
    for (int i = 0; i < 10; i++) {
      pass(SILENCE_MS);
      master.send(MasterFrame.newBuilder());
      heard.acquire(); // the thread that handles our own beat may be the one to handle this
    }
    assertThat(session.isConnected()).isTrue();
    assertThat(stream.wasAbandoned()).isFalse();
  }

  @Test
  void shouldGiveTheNextStreamItsFullTime() throws InterruptedException {
    var unused = welcomed();
    pass(SILENCE_MS + 1);
    SessionStream next = welcomed();
    pass(SILENCE_MS);
    assertThat(next.wasAbandoned()).isFalse();
  }

  @Test
  void shouldBeatWhenItHasNothingToSay() throws InterruptedException {
    var unused = welcomed();
    pass(HEARTBEAT_MS);
    assertThat(master.frames.take()).isEqualTo(WorkerFrame.getDefaultInstance());
  }

  @Test
  void shouldSayAtOnceThatItHasOtherHandlersAndKeepItsTransport() throws InterruptedException {
    SessionStream stream = welcomed();
    session.introduce(List.of("new"));
    assertThat(stream.awaitEnd()).hasMessageContaining("other handlers");
    assertThat(stream.wasAbandoned()).isFalse();
    var unused = session.connect(channel);
    assertThat(master.welcome(true, 0).getHello().getHandlersList()).containsExactly("new");
  }

  @Test
  void shouldGoOnWithANewStreamWhenAFrameCannotBeSent() throws InterruptedException {
    AtomicReference<Error> fault = new AtomicReference<>();
    SessionStream stream = session.connect(ClientInterceptors.intercept(channel, failing(fault)));
    WorkerFrame hello = master.welcome(true, 0);
    assertThat(hello.hasHello()).isTrue();
    assertThat(stream.awaitAccepted()).isTrue();
    fault.set(new OutOfMemoryError("direct buffers"));
    pass(HEARTBEAT_MS);
    assertThat(stream.awaitEnd()).hasMessageContaining("direct buffers");
    assertThat(session.isConnected()).isFalse();

    fault.set(null);
    assertThat(welcomed().wasWelcomed()).isTrue();
    pass(HEARTBEAT_MS);
    assertThat(master.frames.take()).isEqualTo(WorkerFrame.getDefaultInstance());
  }

  /** Counts the messages that were handled. */
  private static ClientInterceptor counting(Semaphore handled) {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new ForwardingClientCall.SimpleForwardingClientCall<>(
            next.newCall(method, options)) {
          @Override
          public void start(Listener<A> listener, Metadata headers) {
            super.start(
                new ForwardingClientCallListener.SimpleForwardingClientCallListener<>(listener) {
                  @Override
                  public void onMessage(A message) {
                    super.onMessage(message);
                    handled.release();
                  }
                },
                headers);
          }
        };
      }
    };
  }

  /** Throws at each message while there is something to throw. */
  private static ClientInterceptor failing(AtomicReference<Error> fault) {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new ForwardingClientCall.SimpleForwardingClientCall<>(
            next.newCall(method, options)) {
          @Override
          public void sendMessage(Q message) {
            Error thrown = fault.get();
            if (thrown != null) {
              throw thrown;
            }
            super.sendMessage(message);
          }
        };
      }
    };
  }

  /** A worker that holds nothing. */
  private static final class Nothing implements Holdings {
    @Override
    public void stacks(List<Long> ids, Reports into) {}

    @Override
    public void offered(Collection<Offer> offers) {}

    @Override
    public void collect(FrameGatherer into) {}

    @Override
    public int restart(HeldAttempts into) {
      return 1;
    }

    @Override
    public void drop() {}

    @Override
    public void lose(Set<Long> ids) {}

    @Override
    public void stop(Collection<StopAttempt> attempts) {}

    @Override
    public void returnUnstarted(FrameGatherer into) {}
  }
}
