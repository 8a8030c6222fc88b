package dev.muster.master.rpc;

import dev.muster.master.dispatch.Roster;
import dev.muster.master.dispatch.Sessions;
import dev.muster.master.dispatch.StackRequests;
import dev.muster.master.queue.Attempts;
import dev.muster.master.queue.Inspection;
import dev.muster.master.queue.Outcome;
import dev.muster.master.queue.QueueMachine;
import dev.muster.master.replication.Applier;
import dev.muster.master.replication.Proposer;
import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.ExplainReply;
import dev.muster.proto.v1.ExplainRequest;
import dev.muster.proto.v1.GetTaskRequest;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.InputsRequest;
import dev.muster.proto.v1.ListTasksReply;
import dev.muster.proto.v1.ListTasksRequest;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.StackReply;
import dev.muster.proto.v1.StackRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.BufferUnderflowException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** What is known of tasks: of the state machine's answers, what the leader alone can complete. */
final class TaskQueries {
  private final Proposer proposer;
  private final Applier applier;
  private final Sessions sessions;
  private final Roster roster;
  private final Admission admission;
  private final Executor egress;

  TaskQueries(
      Proposer proposer,
      Applier applier,
      Sessions sessions,
      Roster roster,
      Admission admission,
      Executor egress) {
    this.proposer = proposer;
    this.applier = applier;
    this.sessions = sessions;
    this.roster = roster;
    this.admission = admission;
    this.egress = egress;
  }

  void getTask(GetTaskRequest request, StreamObserver<TaskInfo> caller) {
    caller.onNext(
        applier.read(
            machine -> complete(machine, machine.task(request.getId(), request.getWithPayload()))));
    caller.onCompleted();
  }

  /**
   * The state machine does not know what has started, nor when: to it, all that is leased runs. The
   * attempt under way is the last one of the timeline.
   */
  private TaskInfo complete(QueueMachine machine, TaskInfo info) {
    if (info.getState() != TaskState.TASK_STATE_RUNNING) {
      return info;
    }
    long session = machine.holder(info.getId());
    if (session == 0) {
      return info;
    }
    long ranUs = sessions.ranUs(session, info.getId());
    if (ranUs == 0) {
      return info.toBuilder().setState(TaskState.TASK_STATE_OFFERED).build();
    }
    if (info.getTimelineCount() == 0) {
      return info; // A list shows none.
    }
    TaskInfo.Builder running = info.toBuilder();
    Attempt.Builder underWay = running.getTimelineBuilder(info.getTimelineCount() - 1);
    long startedMs = System.currentTimeMillis() - TimeUnit.MICROSECONDS.toMillis(ranUs);
    underWay.setStartedMs(Math.max(underWay.getOfferedMs(), startedMs));
    return running.build();
  }

  void listTasks(ListTasksRequest request, StreamObserver<ListTasksReply> caller) {
    Outcome.Refused refused = FilterCheck.filter(request.getFilter());
    if (refused == null) {
      refused = RequestCheck.page(request.getPageSize());
    }
    if (refused != null) {
      caller.onError(Refusals.status(refused));
      return;
    }
    ListTasksReply page;
    try {
      page = applier.read(machine -> page(machine, request));
    } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
      caller.onError(
          Refusals.status(
              RequestCheck.bad("the cursor is none of this filter's: begin with an empty one")));
      return;
    }
    caller.onNext(page);
    caller.onCompleted();
  }

  private ListTasksReply page(QueueMachine machine, ListTasksRequest request) {
    boolean offeredOnly = request.getFilter().getState() == TaskState.TASK_STATE_OFFERED;
    TaskFilter filter =
        offeredOnly
            ? request.getFilter().toBuilder().setState(TaskState.TASK_STATE_RUNNING).build()
            : request.getFilter();
    int size = RequestCheck.pageSize(request.getPageSize());
    Inspection.Page page = machine.inspect().list(filter, request.getCursor(), size);
    if (page == null) { // Nothing was ever in it.
      return ListTasksReply.getDefaultInstance();
    }
    ListTasksReply.Builder reply = ListTasksReply.newBuilder().setCursor(page.cursor());
    for (TaskInfo task : page.tasks()) {
      TaskInfo info = complete(machine, task);
      if (!offeredOnly || info.getState() == TaskState.TASK_STATE_OFFERED) {
        reply.addTasks(info);
      }
    }
    return reply.build();
  }

  void inputs(InputsRequest request, StreamObserver<InputsReply> caller) {
    boolean isUnknown =
        applier.read(
            machine ->
                machine.task(request.getId(), false).getState() == TaskState.TASK_STATE_UNKNOWN);
    if (isUnknown) {
      caller.onError(Refusals.status(unknown(request.getId())));
      return;
    }
    InputsStream.open(
        (ServerCallStreamObserver<InputsReply>) caller,
        egress,
        place -> applier.read(machine -> machine.inspect().inputs(request.getId(), place)));
  }

  private static Outcome.Refused unknown(long id) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_UNKNOWN_TASK,
        "task " + Long.toUnsignedString(id) + " never was, or is forgotten");
  }

  /** On the loop, which asks the worker and hears its answer. */
  void stack(StackRequest request, StreamObserver<StackReply> caller) {
    UnaryReply.onLoop(
        proposer, caller, () -> stack(request.getId(), new StackCaller(request.getId(), caller)));
  }

  private void stack(long id, StackCaller caller) {
    TaskInfo task = applier.read(machine -> complete(machine, machine.task(id, false)));
    Attempts.Holder holder = applier.read(machine -> machine.attempts().holder(id));
    if (task.getState() == TaskState.TASK_STATE_UNKNOWN) {
      caller.refuse(unknown(id));
    } else if (task.getState() != TaskState.TASK_STATE_RUNNING) {
      caller.over("it is " + task.getState().name().substring("TASK_STATE_".length()));
    } else if (holder == null) {
      caller.over("a consumer without a session has it, and runs no handler that could be asked");
    } else {
      sessions.stack(holder, caller);
    }
  }

  private record StackCaller(long id, StreamObserver<StackReply> caller)
      implements StackRequests.Listener {
    @Override
    public void stack(String worker, String text) {
      caller.onNext(StackReply.newBuilder().setWorker(worker).setText(text).build());
      caller.onCompleted();
    }

    @Override
    public void over(String why) {
      refuse(
          new Outcome.Refused(
              RefusalReason.REFUSAL_REASON_NOT_RUNNING,
              "task " + Long.toUnsignedString(id) + " does not run: " + why));
    }

    @Override
    public void silent(String why) {
      refuse(
          new Outcome.Refused(
              RefusalReason.REFUSAL_REASON_WORKER_SILENT,
              "no stack of task " + Long.toUnsignedString(id) + ": " + why));
    }

    void refuse(Outcome.Refused refused) {
      caller.onError(Refusals.status(refused));
    }
  }

  /** On the loop, which knows the workers. */
  void explain(ExplainRequest request, StreamObserver<ExplainReply> caller) {
    UnaryReply.onLoop(
        proposer,
        caller,
        () -> {
          caller.onNext(applier.read(machine -> explain(machine, request.getId())));
          caller.onCompleted();
        });
  }

  private ExplainReply explain(QueueMachine machine, long id) {
    TaskInfo task = complete(machine, machine.task(id, false));
    ExplainReply.Builder reply =
        ExplainReply.newBuilder().setTask(task).addAllReasons(machine.explain(id));
    if (task.getState() == TaskState.TASK_STATE_READY) {
      List<Reason> workers = roster.explain(machine, task);
      reply.addAllReasons(workers);
    }
    Outcome.Refused disk = admission.refusal();
    if (disk != null && task.getState() != TaskState.TASK_STATE_UNKNOWN) {
      reply.addReasons(
          Reason.newBuilder()
              .setRule("DISK_FULL")
              .setMessage("new tasks are refused: " + disk.message()));
    }
    return reply.build();
  }
}
