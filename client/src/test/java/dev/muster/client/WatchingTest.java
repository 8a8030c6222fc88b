package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.Progress;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WatchReply;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WatchingTest {
  private final FakeMaster master = new FakeMaster();
  private final Muster muster = master.client();
  private final Recording heard = new Recording();

  @AfterEach
  void close() {
    muster.close();
    master.close();
  }

  @Test
  void shouldTellAllUntilEachTaskHasEnded() throws InterruptedException {
    // given
    Watching watching = muster.watch(List.of(1L, 2L), heard);
    assertThat(master.watches.requests.take().getIdsList()).containsExactly(1L, 2L);
    // when
    master.watches.tell(
        WatchReply.newBuilder()
            .setProgress(Progress.newBuilder().setId(1).setFraction(0.5))
            .build());
    master.watches.tell(
        WatchReply.newBuilder().setLog(LogLine.newBuilder().setId(1).setText("half")).build());
    master.watches.tell(part(1, 7, 1, "\"a\""));
    master.watches.tell(ended(1));
    master.watches.tell(ended(2));
    // then
    watching.done().join();
    assertThat(heard.events).containsExactly("0.5", "half", "7/1", "1 ended", "2 ended");
  }

  @Test
  void shouldGoOnWithoutRepeatsWhenTheCallBreaks() throws InterruptedException {
    // given
    Watching watching = muster.watch(List.of(1L, 2L), heard);
    var unused = master.watches.requests.take();
    master.watches.tell(part(1, 7, 1, "\"a\""));
    master.watches.tell(part(1, 7, 2, "\"b\""));
    master.watches.tell(ended(2));
    // when
    master.watches.breakAll(Status.UNAVAILABLE);
    // then: only what still runs is asked for, and kept parts that come again are left out
    assertThat(master.watches.requests.take().getIdsList()).containsExactly(1L);
    master.watches.tell(part(1, 7, 1, "\"a\""));
    master.watches.tell(part(1, 7, 2, "\"b\""));
    master.watches.tell(part(1, 7, 3, "\"c\""));
    master.watches.tell(part(1, 9, 1, "\"again\""));
    master.watches.tell(ended(1));
    watching.done().join();
    assertThat(heard.events).containsExactly("7/1", "7/2", "2 ended", "7/3", "9/1", "1 ended");
  }

  @Test
  void shouldEndTheCallWhenClosed() throws InterruptedException {
    Watching watching = muster.watch(List.of(1L), heard);
    var unused = master.watches.requests.take();
    watching.close();
    watching.done().join();
    master.watches.cancelled.await();
    assertThat(heard.events).isEmpty();
  }

  @Test
  void shouldEndWhenTheClientIsClosed() throws InterruptedException {
    Watching watching = muster.watch(List.of(1L), heard);
    var unused = master.watches.requests.take();
    muster.close();
    master.watches.breakAll(Status.UNAVAILABLE); // as a connection that is closed does
    assertThatThrownBy(() -> watching.done().join()).hasMessageContaining("the client is closed");
  }

  @Test
  void shouldFailWhenTheMasterIsAwayForTooLong() throws InterruptedException {
    try (Muster impatient = master.client(Duration.ofMillis(20))) {
      Watching watching = impatient.watch(List.of(1L), heard);
      var unused = master.watches.requests.take();
      master.close();
      assertThatThrownBy(() -> watching.done().join())
          .hasCauseInstanceOf(UnreachableException.class);
    }
  }

  @Test
  void shouldFailWhenTheMasterRefuses() throws InterruptedException {
    Watching watching = muster.watch(List.of(1L), heard);
    var unused = master.watches.requests.take();
    master.watches.breakAll(Status.PERMISSION_DENIED.withDescription("no"));
    assertThatThrownBy(() -> watching.done().join())
        .hasCauseInstanceOf(MusterException.class)
        .hasMessageContaining("no");
  }

  @Test
  void shouldFailWithWhatTheListenerThrows() throws InterruptedException {
    WatchListener broken =
        new WatchListener() {
          @Override
          public void ended(TaskResult end) {
            throw new IllegalStateException("listener");
          }
        };
    Watching watching = muster.watch(List.of(1L), broken);
    var unused = master.watches.requests.take();
    master.watches.tell(ended(1));
    assertThatThrownBy(() -> watching.done().join())
        .hasRootCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldRefuseToWatchNone() {
    assertThatThrownBy(() -> muster.watch(List.of(), heard))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found 0");
  }

  @Test
  void shouldStreamPartsUntilTheTaskEnds() throws InterruptedException {
    // given
    CompletableFuture<List<Part<String>>> parts =
        CompletableFuture.supplyAsync(
            () -> {
              try (Stream<Part<String>> stream = muster.results().partials(1, String.class)) {
                return stream.toList();
              }
            });
    var unused = master.watches.requests.take();
    // when
    master.watches.tell(part(1, 7, 1, "\"a\""));
    master.watches.tell(
        WatchReply.newBuilder()
            .setProgress(Progress.newBuilder().setId(1).setFraction(0.5))
            .build());
    master.watches.tell(part(1, 7, 2, "\"b\""));
    master.watches.tell(ended(1));
    // then
    assertThat(parts.join()).containsExactly(new Part<>(7, 1, "a"), new Part<>(7, 2, "b"));
  }

  private static WatchReply part(long id, long token, long number, String json) {
    return WatchReply.newBuilder()
        .setPartial(
            PartialResult.newBuilder()
                .setId(id)
                .setToken(token)
                .setNumber(number)
                .setContentType("application/json")
                .setValue(ByteString.copyFromUtf8(json)))
        .build();
  }

  private static WatchReply ended(long id) {
    return WatchReply.newBuilder()
        .setEnded(TaskResult.newBuilder().setId(id).setState(TaskState.TASK_STATE_SUCCEEDED))
        .build();
  }

  private static final class Recording implements WatchListener {
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void progress(Progress progress) {
      events.add(String.valueOf(progress.getFraction()));
    }

    @Override
    public void log(LogLine line) {
      events.add(line.getText());
    }

    @Override
    public void partial(PartialResult part) {
      events.add(part.getToken() + "/" + part.getNumber());
    }

    @Override
    public void ended(TaskResult end) {
      events.add(end.getId() + " ended");
    }
  }
}
