package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.proto.v1.TasksGrpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class CallThreadsTest {
  private final CallThreads threads = new CallThreads();

  @AfterEach
  void stop() {
    threads.close();
  }

  private record Call<Q, R>(MethodDescriptor<Q, R> method) {
    ServerCall<Q, R> call() {
      return new ServerCall<>() {
        @Override
        public MethodDescriptor<Q, R> getMethodDescriptor() {
          return method;
        }

        @Override
        public void request(int messages) {}

        @Override
        public void sendHeaders(Metadata headers) {}

        @Override
        public void sendMessage(R message) {}

        @Override
        public void close(Status status, Metadata trailers) {}

        @Override
        public boolean isCancelled() {
          return false;
        }
      };
    }
  }

  private Thread threadOf(MethodDescriptor<?, ?> method) {
    CompletableFuture<Thread> ran = new CompletableFuture<>();
    threads
        .getExecutor(new Call<>(method).call(), new Metadata())
        .execute(() -> ran.complete(Thread.currentThread()));
    return ran.join();
  }

  @Test
  void shouldRunASinglePutOnTheThreadThatReadsIt() {
    assertThat(threadOf(TasksGrpc.getEnqueueMethod())).isEqualTo(Thread.currentThread());
  }

  @Test
  void shouldRunWhatMayWaitOnAThreadOfItsOwn() {
    assertThat(threadOf(TasksGrpc.getGetTaskMethod()).getName()).isEqualTo("muster-calls");
    assertThat(threadOf(TasksGrpc.getEnqueueStreamMethod()).getName()).isEqualTo("muster-calls");
  }

  @Test
  void shouldLookUpACallOnTheThreadThatReadsIt() {
    CompletableFuture<Thread> ran = new CompletableFuture<>();

    threads.first().execute(() -> ran.complete(Thread.currentThread()));

    assertThat(ran.join()).isEqualTo(Thread.currentThread());
  }
}
