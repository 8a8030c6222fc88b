package dev.muster.master.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.master.dispatch.LeaderRig;
import dev.muster.master.queue.Outcome;
import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.DeleteScheduleReply;
import dev.muster.proto.v1.DeleteScheduleRequest;
import dev.muster.proto.v1.ListSchedulesReply;
import dev.muster.proto.v1.ListSchedulesRequest;
import dev.muster.proto.v1.PauseScheduleRequest;
import dev.muster.proto.v1.PutScheduleRequest;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RunScheduleReply;
import dev.muster.proto.v1.RunScheduleRequest;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import io.grpc.stub.StreamObserver;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SchedulesServiceTest {
  private static final long MINUTE = 60_000;

  private final LeaderRig rig = new LeaderRig();
  private Outcome.@Nullable Refused full;
  private final SchedulesService service =
      new SchedulesService(rig.proposer, rig.applier, () -> full, rig::nowMs);

  @AfterEach
  void close() {
    rig.close();
  }

  private static Schedule.Builder schedule(String name) {
    return Schedule.newBuilder().setName(name).setCron("*/5 * * * *").setQueue("q");
  }

  private Call<ScheduleInfo> put(Schedule.Builder schedule) {
    Call<ScheduleInfo> call = new Call<>();
    service.putSchedule(PutScheduleRequest.newBuilder().setSchedule(schedule).build(), call);
    rig.settle();
    return call;
  }

  private Call<ScheduleInfo> pause(String name, boolean paused) {
    Call<ScheduleInfo> call = new Call<>();
    service.pauseSchedule(
        PauseScheduleRequest.newBuilder().setName(name).setPaused(paused).build(), call);
    rig.settle();
    return call;
  }

  private Call<RunScheduleReply> run(String name) {
    Call<RunScheduleReply> call = new Call<>();
    service.runSchedule(RunScheduleRequest.newBuilder().setName(name).build(), call);
    rig.settle();
    return call;
  }

  private Call<ListSchedulesReply> list(ListSchedulesRequest.Builder request) {
    Call<ListSchedulesReply> call = new Call<>();
    service.listSchedules(request.build(), call);
    return call;
  }

  @Test
  void shouldSayWhenAScheduleIsDueNext() {
    // when
    ScheduleInfo info = put(schedule("report")).reply();

    // then
    assertThat(info.getNextMs())
        .isGreaterThan(rig.nowMs())
        .isLessThanOrEqualTo(rig.nowMs() + 5 * MINUTE);
    assertThat(info.getNextMs() % (5 * MINUTE)).isZero();
    assertThat(info.getLastMs()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "61 * * * *|UTC|minute",
        "* * * *|UTC|five fields",
        "0 0 31 2 *|UTC|due some day",
        "* * * * *|Europe/Berlim|IANA",
      })
  void shouldRefuseWhatIsNeverDueOrCannotBeRead(String cron, String zone, String message) {
    // when
    Call<ScheduleInfo> call = put(schedule("report").setCron(cron).setZone(zone));

    // then
    assertThat(call.refusal())
        .contains(RefusalReason.REFUSAL_REASON_BAD_SCHEDULE.name())
        .contains(message);
    assertThat(list(ListSchedulesRequest.newBuilder()).reply().getSchedulesCount()).isZero();
  }

  @Test
  void shouldRefuseWhatATaskMayNotBe() {
    assertThat(put(schedule("a b")).refusal()).contains("a schedule's name must match");
    assertThat(put(schedule("a").setQueue("")).refusal())
        .contains(RefusalReason.REFUSAL_REASON_BAD_QUEUE_NAME.name());
    assertThat(put(schedule("a").setCatchUpValue(9)).refusal()).contains("catches up by 0");
    ByteString large = ByteString.copyFrom(new byte[Limits.SCHEDULE_PAYLOAD_BYTES_MAX + 1]);
    assertThat(put(schedule("a").setPayload(large)).refusal())
        .contains(RefusalReason.REFUSAL_REASON_TOO_LARGE.name());
  }

  @Test
  void shouldRefuseNewTasksWhenTheDiskIsFull() {
    // given
    put(schedule("report"));
    full = new Outcome.Refused(RefusalReason.REFUSAL_REASON_DISK_FULL, "full");

    // then
    assertThat(put(schedule("another")).refusal()).contains("DISK_FULL");
    assertThat(run("report").refusal()).contains("DISK_FULL");
    assertThat(pause("report", true).reply().getPaused()).isTrue();
  }

  @Test
  void shouldRunNow() {
    // given
    put(schedule("report").setPayload(ByteString.copyFromUtf8("x")));

    // when
    long task = run("report").reply().getTask();

    // then
    assertThat(rig.task(task).getQueue()).isEqualTo("q");
    assertThat(rig.task(task).getPayload().toStringUtf8()).isEqualTo("x");
  }

  @ParameterizedTest
  @CsvSource({"CATCH_UP_ONE,1", "CATCH_UP_NONE,0", "CATCH_UP_ALL,3"})
  void shouldCatchUpByItsPolicyWhenItGoesOn(CatchUp catchUp, long expected) {
    // given
    put(schedule("report").setCatchUp(catchUp));
    pause("report", true);
    rig.tick(15 * MINUTE);

    // when
    ScheduleInfo info = pause("report", false).reply();
    rig.tick(1);

    // then
    assertThat(info.getPaused()).isFalse();
    ScheduleInfo after = list(ListSchedulesRequest.newBuilder()).reply().getSchedules(0);
    assertThat(after.getRuns()).isEqualTo(expected);
    assertThat(after.getNextMs()).isGreaterThan(rig.nowMs());
  }

  @Test
  void shouldSayThatThereIsNoSuchSchedule() {
    // when
    Call<DeleteScheduleReply> delete = new Call<>();
    service.deleteSchedule(DeleteScheduleRequest.newBuilder().setName("none").build(), delete);
    rig.settle();

    // then
    assertThat(delete.refusal()).contains("NOT_FOUND").contains("there is no schedule none");
    assertThat(run("none").refusal()).contains("UNKNOWN_SCHEDULE");
    assertThat(pause("none", true).refusal()).contains("UNKNOWN_SCHEDULE");
  }

  @Test
  void shouldDelete() {
    // given
    put(schedule("report"));

    // when
    Call<DeleteScheduleReply> delete = new Call<>();
    service.deleteSchedule(DeleteScheduleRequest.newBuilder().setName("report").build(), delete);
    rig.settle();

    // then
    assertThat(delete.reply()).isNotNull();
    assertThat(list(ListSchedulesRequest.newBuilder()).reply().getSchedulesCount()).isZero();
  }

  @Test
  void shouldListInPages() {
    // given
    for (String name : new String[] {"c", "a", "b", "x"}) {
      put(schedule(name));
    }

    // when
    ListSchedulesReply first = list(ListSchedulesRequest.newBuilder().setPageSize(2)).reply();
    ListSchedulesReply second =
        list(ListSchedulesRequest.newBuilder().setPageSize(2).setAfter("b")).reply();

    // then
    assertThat(first.getSchedulesList())
        .extracting(info -> info.getSchedule().getName())
        .containsExactly("a", "b");
    assertThat(first.getMore()).isTrue();
    assertThat(second.getSchedulesList())
        .extracting(info -> info.getSchedule().getName())
        .containsExactly("c", "x");
    assertThat(second.getMore()).isFalse();
    assertThat(list(ListSchedulesRequest.newBuilder().setPageSize(1_001)).refusal())
        .contains("a page has 1 to 1000 schedules");
  }

  @Test
  void shouldKeepAPageWithinAMessage() {
    // given
    ByteString large = ByteString.copyFrom(new byte[Limits.SCHEDULE_PAYLOAD_BYTES_MAX]);
    for (int i = 100; i < 170; i++) {
      put(schedule("s" + i).setPayload(large));
    }

    // when
    ListSchedulesReply page = list(ListSchedulesRequest.newBuilder()).reply();

    // then
    assertThat(page.getMore()).isTrue();
    assertThat(page.getSerializedSize()).isLessThan(Limits.MESSAGE_BYTES_MAX);
    assertThat(page.getSchedulesCount()).isGreaterThan(50);
  }

  /** Notes what a caller is told. */
  private static final class Call<R> implements StreamObserver<R> {
    private final ConcurrentLinkedQueue<R> replies = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();

    @Override
    public void onNext(R reply) {
      replies.add(reply);
    }

    @Override
    public void onError(Throwable error) {
      errors.add(error);
    }

    @Override
    public void onCompleted() {}

    R reply() {
      assertThat(errors).isEmpty();
      return Objects.requireNonNull(replies.peek());
    }

    /** Status, reason and sentence. */
    String refusal() {
      assertThat(replies).isEmpty();
      Throwable error = Objects.requireNonNull(errors.peek());
      var status = Objects.requireNonNull(io.grpc.protobuf.StatusProto.fromThrowable(error));
      return error.getMessage() + " " + status;
    }
  }
}
