package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.Entry;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.EnqueueRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop against a log in the test's hand. */
@Timeout(30)
final class ProposerTest {
  private record Appended(Batch batch, Entry entry, Consumer<Batch> ended) {
    void apply() {
      List<Outcome> outcomes = new ArrayList<>();
      entry.getCommandsList().forEach(command -> outcomes.add(new Outcome.Done()));
      batch.applied(outcomes);
      ended.accept(batch);
    }
  }

  private static final class Answers implements Reply {
    final AtomicInteger applied = new AtomicInteger();
    final AtomicInteger unknown = new AtomicInteger();

    @Override
    public void applied(Outcome outcome) {
      applied.incrementAndGet();
    }

    @Override
    public void unknown(String why) {
      unknown.incrementAndGet();
    }
  }

  /** So much gathered goes into the log behind an entry that is on its way. */
  private static final int OVERLAP_BYTES = 10_000;

  private static final Proposer.Bounds BOUNDS = new Proposer.Bounds(64 << 20, OVERLAP_BYTES);

  private final BlockingQueue<Appended> log = new LinkedBlockingQueue<>();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
  private final Proposer proposer =
      new Proposer(
          (batch, entry, ended) -> log.add(new Appended(batch, entry, ended)),
          () -> 42,
          BOUNDS,
          broken::set);
  private final Answers answers = new Answers();

  @BeforeEach
  void start() {
    proposer.start(() -> {});
  }

  @AfterEach
  void stop() {
    proposer.close();
    assertThat(broken.get()).isNull();
  }

  private static Command command(int bytes) {
    return Command.newBuilder()
        .setEnqueue(EnqueueRequest.newBuilder().addPayloads(ByteString.copyFrom(new byte[bytes])))
        .build();
  }

  private boolean submit(int bytes) {
    Command command = command(bytes);
    return proposer.submit(
        bytes,
        () -> proposer.propose(command, answers),
        () -> answers.unknown("the master is stopping"));
  }

  private Appended next() throws InterruptedException {
    Appended next = log.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing was appended");
    }
    return next;
  }

  /** Three entries are under way: nothing more is sealed until one of them ends. */
  private List<Appended> fillTheLog() throws InterruptedException {
    List<Appended> underWay = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      submit(OVERLAP_BYTES);
      underWay.add(next());
    }
    return underWay;
  }

  /** Returns when the loop has run all tasks that came before. */
  private void barrier() throws InterruptedException {
    CountDownLatch ran = new CountDownLatch(1);
    proposer.execute(ran::countDown);
    assertThat(ran.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void shouldAppendAtOnceWhenIdle() throws InterruptedException {
    assertThat(submit(10)).isTrue();
    Appended entry = next();
    assertThat(entry.entry.getCommandsCount()).isEqualTo(1);
    assertThat(entry.entry.getStampMs()).isEqualTo(42);
    entry.apply();
    assertThat(answers.applied).hasValue(1);
  }

  @Test
  void shouldPutWhatArrivesMeanwhileIntoOneEntry() throws InterruptedException {
    List<Appended> underWay = fillTheLog();
    for (int i = 0; i < 50; i++) {
      submit(10);
    }
    barrier();
    assertThat(log).isEmpty();
    underWay.forEach(Appended::apply);
    assertThat(next().entry.getCommandsCount()).isEqualTo(50);
    assertThat(log).isEmpty();
  }

  @Test
  void shouldWaitForTheEntryOnItsWayWhenLittleIsGathered() throws InterruptedException {
    submit(10);
    Appended first = next();
    for (int i = 0; i < 50; i++) {
      submit(10);
    }
    barrier();
    assertThat(log).isEmpty();

    first.apply();

    assertThat(next().entry.getCommandsCount()).isEqualTo(50);
  }

  @Test
  void shouldNotWaitForTheEntryOnItsWayWhenMuchIsGathered() throws InterruptedException {
    submit(10);
    next();
    submit(OVERLAP_BYTES / 2);
    barrier();
    assertThat(log).isEmpty();
    submit(OVERLAP_BYTES / 2);
    assertThat(next().entry.getCommandsCount()).isEqualTo(2);
  }

  @Test
  void shouldSealWhatIsLeftOfACutEntryWhenTheOneBeforeEnds() throws InterruptedException {
    List<Appended> underWay = fillTheLog();
    submit(396_000);
    submit(5_000);
    barrier();

    underWay.forEach(Appended::apply);

    Appended cut = next();
    assertThat(cut.entry.getCommandsCount()).isEqualTo(1);
    assertThat(log).isEmpty();
    cut.apply();
    assertThat(next().entry.getCommandsCount()).isEqualTo(1);
  }

  @Test
  void shouldHaveNothingToDoWhenAnEntryEndsThatNothingWaitsFor() {
    Proposer driven =
        new Proposer(
            (batch, entry, ended) -> log.add(new Appended(batch, entry, ended)),
            () -> 42,
            BOUNDS,
            broken::set);
    driven.drive(() -> {});
    driven.execute(() -> driven.propose(command(10), answers));
    assertThat(driven.step()).isTrue();
    assertThat(driven.step()).isFalse();

    log.remove().apply();

    assertThat(driven.step()).isFalse();
    assertThat(answers.applied).hasValue(1);
  }

  @Test
  void shouldCutEntriesByBytesWhenCommandsAreLarge() throws InterruptedException {
    List<Appended> underWay = fillTheLog();
    for (int i = 0; i < 5; i++) {
      submit(150_000);
    }
    barrier();
    underWay.forEach(Appended::apply);
    assertThat(next().entry.getCommandsCount()).isEqualTo(2);
    assertThat(next().entry.getCommandsCount()).isEqualTo(2);
    assertThat(next().entry.getCommandsCount()).isEqualTo(1);
  }

  @Test
  void shouldPutFourLargeCommandsIntoOneEntry() throws InterruptedException {
    List<Appended> underWay = fillTheLog();
    for (int i = 0; i < 5; i++) {
      submit(1 << 20);
    }
    barrier();
    underWay.forEach(Appended::apply);
    assertThat(next().entry.getCommandsCount()).isEqualTo(4);
    assertThat(next().entry.getCommandsCount()).isEqualTo(1);
  }

  @Test
  void shouldPutSmallCommandsBesideALargeOne() throws InterruptedException {
    List<Appended> underWay = fillTheLog();
    submit(10);
    submit(1 << 20);
    submit(10);
    barrier();
    underWay.forEach(Appended::apply);
    assertThat(next().entry.getCommandsCount()).isEqualTo(3);
  }

  @Test
  void shouldPutTheLargestCommandsIntoEntriesOfTheirOwn() throws InterruptedException {
    List<Appended> underWay = fillTheLog();
    for (int i = 0; i < 3; i++) {
      submit(4 << 20);
    }
    barrier();
    underWay.forEach(Appended::apply);
    for (int i = 0; i < 3; i++) {
      assertThat(next().entry.getSerializedSize()).isBetween(4 << 20, 5 << 20);
    }
  }

  @Test
  void shouldRefuseWhenTooMuchWaits() throws InterruptedException {
    fillTheLog();
    submit(300_000);
    submit(300_000); // Gathered: the open entry is full, and what follows waits outside.
    barrier();
    int accepted = 0;
    while (accepted < 100 && submit(4 << 20)) {
      accepted++;
    }
    assertThat(accepted).isBetween(15, 20);
  }

  @Test
  void shouldAnswerEverythingWhenItStops() throws InterruptedException {
    List<Appended> underWay = fillTheLog();
    submit(500_000);
    barrier();
    submit(10);
    submit(10);
    proposer.close();
    assertThat(answers.unknown).hasValue(3);
    assertThat(submit(10)).isFalse();
    underWay.forEach(Appended::apply);
    assertThat(answers.applied).hasValue(3);
    proposer.close();
  }

  @Test
  void shouldAnswerEverythingWhenRequestsComeWhileItStops() throws InterruptedException {
    AtomicInteger accepted = new AtomicInteger();
    CountDownLatch busy = new CountDownLatch(1_000);
    Thread producer =
        new Thread(
            () -> {
              while (submit(1)) {
                accepted.incrementAndGet();
                busy.countDown();
              }
            });
    producer.start();
    while (!busy.await(1, TimeUnit.MILLISECONDS)) {
      Appended entry = log.poll();
      if (entry != null) {
        entry.apply();
      }
    }
    proposer.close();
    producer.join();
    for (Appended entry = log.poll(); entry != null; entry = log.poll()) {
      entry.apply();
    }
    assertThat(answers.applied.get() + answers.unknown.get()).isEqualTo(accepted.get());
  }

  @Test
  void shouldTellOnceWhenAnEntryEndsTwice() throws InterruptedException {
    submit(10);
    Appended entry = next();
    assertThat(entry.batch.unknown("no answer")).isTrue();
    assertThat(entry.batch.applied(List.of(new Outcome.Done()))).isFalse();
    assertThat(answers.unknown).hasValue(1);
    assertThat(answers.applied).hasValue(0);
  }

  @Test
  void shouldSayWhatBrokeWhenATaskThrows() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    AtomicReference<@Nullable Throwable> why = new AtomicReference<>();
    Proposer other =
        new Proposer(
            (batch, entry, ended) -> {},
            () -> 0,
            BOUNDS,
            failure -> {
              why.set(failure);
              told.countDown();
            });
    other.start(() -> {});
    other.execute(
        () -> {
          throw new IllegalStateException("boom");
        });
    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(why.get()).hasMessage("boom");
    other.close();
  }

  @Test
  void shouldLookAgainAtTheTimeItWasAskedTo() throws InterruptedException {
    // Given a loop whose clock stands a moment before the time that it is asked for once
    AtomicLong clockMs = new AtomicLong(100);
    CountDownLatch looked = new CountDownLatch(1);
    Proposer timed = new Proposer((batch, entry, ended) -> {}, clockMs::get, BOUNDS, broken::set);
    timed.start(
        () -> {
          if (clockMs.get() >= 101) {
            looked.countDown();
          }
        });
    timed.execute(() -> timed.wakeAt(101));
    CountDownLatch asked = new CountDownLatch(1);
    timed.execute(asked::countDown);
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();

    // When the time comes
    clockMs.set(101);

    // Then it looks, though nobody wakes it
    assertThat(looked.await(10, TimeUnit.SECONDS)).isTrue();
    timed.close();
  }
}
