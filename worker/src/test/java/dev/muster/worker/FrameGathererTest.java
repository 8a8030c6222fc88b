package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.Hello;
import dev.muster.proto.v1.NumberedSettlement;
import dev.muster.proto.v1.Offer;
import dev.muster.proto.v1.WorkerFrame;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class FrameGathererTest {
  private final SideThreads aside = new SideThreads("test");
  private final Reports reports = new Reports(aside);
  private final FrameGatherer gatherer = new FrameGatherer(reports);

  @AfterEach
  void stop() {
    aside.stop();
  }

  private static SettlementColumns completed(long id, int resultBytes) {
    SettlementColumns columns = new SettlementColumns();
    columns.completed(id, 7, value(new byte[resultBytes]));
    return columns;
  }

  private static EncodedValue value(byte[] bytes) {
    return new EncodedValue(ByteString.copyFrom(bytes), "application/x");
  }

  private WorkerFrame next() {
    return Objects.requireNonNull(gatherer.next());
  }

  @Test
  void shouldCarryAllThatGatheredInOneFrame() {
    gatherer.credit(2);
    gatherer.credit(3);
    gatherer.started(5, 9);
    gatherer.settle(completed(1, 10));
    gatherer.settle(completed(2, 10));
    WorkerFrame frame = next();
    assertThat(frame.getCredit()).isEqualTo(5);
    assertThat(frame.getStartedIdsList()).containsExactly(5L);
    assertThat(frame.getStartedTokensList()).containsExactly(9L);
    assertThat(frame.getSettlementsList())
        .extracting(NumberedSettlement::getNumber)
        .containsExactly(1L, 2L);
    assertThat(gatherer.next()).isNull();
  }

  @Test
  void shouldCutFramesByBytesAndSayGoodbyeWithTheLast() {
    gatherer.settle(completed(1, 800 << 10));
    gatherer.settle(completed(2, 800 << 10));
    gatherer.goodbye();
    WorkerFrame first = next();
    assertThat(first.getSettlementsCount()).isEqualTo(1);
    assertThat(first.getGoodbye()).isFalse();
    assertThat(next().getGoodbye()).isTrue();
    assertThat(gatherer.next()).isNull();
  }

  @Test
  void shouldSendAgainOnlyWhatIsNotDurable() {
    gatherer.settle(completed(1, 1));
    gatherer.settle(completed(2, 1));
    gatherer.settle(completed(3, 1));
    assertThat(next().getSettlementsCount()).isEqualTo(3);
    gatherer.settledUpto(1);
    gatherer.credit(9);
    Hello.Builder hello = Hello.newBuilder();
    gatherer.restart(new HeldAttempts(hello));
    assertThat(hello.getHeldIdsList()).containsExactly(2L, 3L);
    gatherer.resendAfter(2);
    gatherer.settle(completed(4, 1));
    WorkerFrame frame = next();
    assertThat(frame.getCredit()).isZero();
    assertThat(frame.getSettlementsList())
        .extracting(NumberedSettlement::getNumber)
        .containsExactly(3L, 4L);
    gatherer.settledUpto(4);
    assertThat(gatherer.isSettled()).isTrue();
  }

  @Test
  void shouldLetNoReportDelayAnOutcome() {
    TaskServices services =
        new TaskServices(
            reports,
            () -> {
              throw new IllegalStateException("not reached");
            },
            aside,
            notice -> {});
    TaskContext task = new TaskContext(Offer.newBuilder().addIds(5).build(), 0, services);
    task.partial(new byte[900 << 10]);
    task.log("small");
    gatherer.settle(completed(1, 500 << 10));
    WorkerFrame first = next();
    assertThat(first.getSettlementsCount()).isEqualTo(1);
    assertThat(first.getLogLinesCount()).isEqualTo(1);
    assertThat(first.getPartialsCount()).isZero();
    assertThat(gatherer.hasMore()).isTrue();
    assertThat(next().getPartialsCount()).isEqualTo(1);
    assertThat(gatherer.next()).isNull();
  }

  @Test
  void shouldGiveNoCreditWhenDraining() {
    gatherer.credit(1);
    gatherer.draining();
    gatherer.credit(1);
    WorkerFrame frame = next();
    assertThat(frame.getDraining()).isTrue();
    assertThat(frame.getCredit()).isZero();
  }

  @Test
  void shouldKeepResultsInStepWithIdsWhenOnlySomeHaveOne() {
    SettlementColumns columns = new SettlementColumns();
    columns.completed(1, 7, EncodedValue.NONE);
    columns.completed(2, 7, value(new byte[] {1}));
    columns.completed(3, 7, EncodedValue.NONE);
    assertThat(columns.build().getResultsList())
        .containsExactly(ByteString.EMPTY, ByteString.copyFrom(new byte[] {1}), ByteString.EMPTY);
    assertThat(columns.takes(Outcome.completed(EncodedValue.of(1), List.of()))).isFalse();
  }

  @Test
  void shouldCutFailureTextsByBytesWithoutHalfACharacter() {
    assertThat(Failures.cut("aé", 2)).isEqualTo("a");
    assertThat(Failures.cut("aé", 3)).isEqualTo("aé");
  }
}
