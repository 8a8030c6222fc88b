package dev.muster.master.rpc;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.PauseSchedule;
import dev.muster.master.log.v1.PutSchedule;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.PlannedSchedule;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.master.schedule.CronTimes;
import dev.muster.proto.v1.CatchUp;
import dev.muster.proto.v1.DeleteScheduleReply;
import dev.muster.proto.v1.DeleteScheduleRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ListSchedulesReply;
import dev.muster.proto.v1.ListSchedulesRequest;
import dev.muster.proto.v1.PauseScheduleRequest;
import dev.muster.proto.v1.PutScheduleRequest;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RunScheduleReply;
import dev.muster.proto.v1.RunScheduleRequest;
import dev.muster.proto.v1.Schedule;
import dev.muster.proto.v1.ScheduleInfo;
import dev.muster.proto.v1.SchedulesGrpc;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Tasks that are enqueued by the clock. Cron expressions are read here, and never in apply. */
public final class SchedulesService extends SchedulesGrpc.SchedulesImplBase {
  private final Proposer proposer;
  private final Applier applier;
  private final Admission admission;
  private final LongSupplier clockMs;

  /**
   * @param clockMs ms since the epoch
   */
  public SchedulesService(
      Proposer proposer, Applier applier, Admission admission, LongSupplier clockMs) {
    this.proposer = proposer;
    this.applier = applier;
    this.admission = admission;
    this.clockMs = clockMs;
  }

  @Override
  public void putSchedule(PutScheduleRequest request, StreamObserver<ScheduleInfo> caller) {
    Schedule schedule = request.getSchedule();
    Outcome.Refused refused = check(schedule);
    if (refused == null) {
      refused = admission.refusal();
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    CronTimes times;
    try {
      times = CronTimes.of(schedule.getCron(), schedule.getZone());
    } catch (InvalidInputException e) {
      caller.onError(Refusals.status(unreadable(e)));
      return;
    }
    PutSchedule.Builder put =
        PutSchedule.newBuilder().setSchedule(schedule).setNextMs(times.after(clockMs.getAsLong()));
    propose(Command.newBuilder().setPutSchedule(put).build(), caller, SchedulesService::info);
  }

  private static Outcome.@Nullable Refused check(Schedule schedule) {
    if (!QueueName.isValid(schedule.getName())) {
      return RequestCheck.bad("a schedule's name must match " + Limits.QUEUE_NAME_PATTERN);
    }
    if (schedule.getCatchUp() == CatchUp.UNRECOGNIZED) {
      return RequestCheck.bad(
          "a schedule catches up by 0 (one), 1 (none) or 2 (all), found "
              + schedule.getCatchUpValue());
    }
    int payloadBytes = schedule.getPayload().size();
    if (payloadBytes > Limits.SCHEDULE_PAYLOAD_BYTES_MAX) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_TOO_LARGE,
          "a schedule's payload has at most "
              + Limits.SCHEDULE_PAYLOAD_BYTES_MAX
              + " bytes, found "
              + payloadBytes);
    }
    return EnqueueCheck.enqueue(
        EnqueueRequest.newBuilder()
            .setQueue(schedule.getQueue())
            .setOptions(schedule.getOptions())
            .addPayloads(schedule.getPayload())
            .build(),
        false);
  }

  private static Outcome.Refused unreadable(InvalidInputException e) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_BAD_SCHEDULE, String.valueOf(e.getMessage()));
  }

  @Override
  public void listSchedules(
      ListSchedulesRequest request, StreamObserver<ListSchedulesReply> caller) {
    int size = request.getPageSize() == 0 ? Limits.LIST_PAGE_DEFAULT : request.getPageSize();
    if (size < 1 || size > Limits.LIST_PAGE_MAX) {
      caller.onError(
          Refusals.status(
              RequestCheck.bad(
                  "a page has 1 to " + Limits.LIST_PAGE_MAX + " schedules, found " + size)));
      return;
    }
    List<ScheduleInfo> found =
        applier.read(
            machine -> machine.schedules().page(request.getPrefix(), request.getAfter(), size + 1));
    ListSchedulesReply.Builder reply = ListSchedulesReply.newBuilder();
    long bytes = 0;
    for (ScheduleInfo schedule : found) {
      bytes += schedule.getSerializedSize();
      // Payloads may be large: a page ends where a message would be.
      boolean full = reply.getSchedulesCount() == size || bytes > Limits.REQUEST_PAYLOAD_BYTES_MAX;
      if (full) {
        reply.setMore(true);
        break;
      }
      reply.addSchedules(schedule);
    }
    caller.onNext(reply.build());
    caller.onCompleted();
  }

  @Override
  public void deleteSchedule(
      DeleteScheduleRequest request, StreamObserver<DeleteScheduleReply> caller) {
    propose(
        Command.newBuilder().setDeleteSchedule(request).build(),
        caller,
        done -> DeleteScheduleReply.getDefaultInstance());
  }

  @Override
  public void runSchedule(RunScheduleRequest request, StreamObserver<RunScheduleReply> caller) {
    Outcome.Refused refused = admission.refusal();
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    propose(
        Command.newBuilder().setRunSchedule(request).build(),
        caller,
        outcome ->
            RunScheduleReply.newBuilder().setTask(((Outcome.Enqueued) outcome).firstId()).build());
  }

  @Override
  public void pauseSchedule(PauseScheduleRequest request, StreamObserver<ScheduleInfo> caller) {
    PauseSchedule.Builder pause =
        PauseSchedule.newBuilder().setName(request.getName()).setPaused(request.getPaused());
    Optional<PlannedSchedule> known =
        applier.read(machine -> machine.schedules().find(request.getName()));
    known.ifPresent(schedule -> skipPassed(schedule, pause));
    propose(Command.newBuilder().setPauseSchedule(pause).build(), caller, SchedulesService::info);
  }

  /** Of a schedule that does not catch up, what passed while it was paused does not count. */
  private void skipPassed(PlannedSchedule known, PauseSchedule.Builder pause) {
    Schedule schedule = known.info().getSchedule();
    if (schedule.getCatchUp() != CatchUp.CATCH_UP_NONE) {
      return;
    }
    try {
      CronTimes times = CronTimes.of(schedule.getCron(), schedule.getZone());
      pause.setNextMs(times.after(clockMs.getAsLong())).setRevision(known.revision());
    } catch (InvalidInputException e) {
      // Another program could read it. It goes on as it was, and ScheduleWatch says what is wrong.
      pause.clearNextMs();
    }
  }

  private static ScheduleInfo info(Outcome outcome) {
    return ((Outcome.Scheduled) outcome).schedule();
  }

  private <R> void propose(
      Command command, StreamObserver<R> caller, Function<Outcome, R> mapping) {
    UnaryReply<R> reply =
        new UnaryReply<>(caller) {
          @Override
          R map(Outcome outcome) {
            return mapping.apply(outcome);
          }
        };
    UnaryReply.propose(proposer, command, reply, caller);
  }
}
