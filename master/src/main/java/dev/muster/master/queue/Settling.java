package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.store.v1.AnswerRecord;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ends attempts: completed, failed, given back. The acknowledgement, the result and what follows
 * from it are one command.
 */
final class Settling {
  private final MachineState state;
  private final Leasing leasing;
  private final int outstandingMax;

  /**
   * One shared options object for the entries of result queues, by content type: bounded, see
   * {@link #resultOptions}.
   */
  private final Map<String, TaskOptions> resultOptions = new HashMap<>();

  Settling(MachineState state, Leasing leasing, int outstandingMax) {
    this.state = state;
    this.leasing = leasing;
    this.outstandingMax = outstandingMax;
  }

  Outcome settle(Settle command) {
    if (command.getSession() != 0) {
      return settleInSession(command);
    }
    if (command.hasRequest()) {
      AnswerRecord answer = state.producers.answer(command.getRequest());
      if (answer != null) {
        return new Outcome.Settled(answer.getRefusedList());
      }
      Outcome.Refused refusal = state.producers.refusal(command.getRequest(), outstandingMax);
      if (refusal != null) {
        return refusal;
      }
    }
    List<RefusedAttempt> refused = apply(command.getSettlement(), 0);
    if (command.hasRequest()) {
      state.producers.remember(
          command.getRequest(),
          AnswerRecord.newBuilder().addAllRefused(refused),
          state.nowMs,
          state.tasks.current());
    }
    return new Outcome.Settled(refused);
  }

  private Outcome settleInSession(Settle command) {
    WorkerSession session = state.sessions.find(command.getSession());
    if (session == null) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_SESSION_EXPIRED,
          "the session ended; what it held belongs to others now");
    }
    long number = command.getNumber();
    if (number <= session.settledUpto) {
      return new Outcome.Settled(List.of());
    }
    if (number != session.settledUpto + 1) {
      return new Outcome.Refused(
          RefusalReason.REFUSAL_REASON_BAD_REQUEST,
          "settlement " + (session.settledUpto + 1) + " was expected, found " + number);
    }
    session.settledUpto = number;
    state.tasks.current().dirty(session);
    return new Outcome.Settled(apply(command.getSettlement(), session.number));
  }

  private List<RefusedAttempt> apply(Settlement settlement, long session) {
    List<RefusedAttempt> refused = new ArrayList<>(0);
    for (int i = 0; i < settlement.getCompletedIdsCount(); i++) {
      Task task =
          held(settlement.getCompletedIds(i), settlement.getCompletedTokens(i), session, refused);
      if (task != null) {
        ByteString result =
            i < settlement.getResultsCount() ? settlement.getResults(i) : ByteString.EMPTY;
        long runUs =
            i < settlement.getCompletedRunUsCount()
                ? Integer.toUnsignedLong(settlement.getCompletedRunUs(i))
                : 0;
        complete(task, result, settlement.getResultContentType(), runUs);
      }
    }
    for (FailedAttempt failed : settlement.getFailedList()) {
      Task task = held(failed.getId(), failed.getToken(), session, refused);
      if (task != null) {
        fail(task, failed);
      }
    }
    for (int i = 0; i < settlement.getReturnedIdsCount(); i++) {
      Task task =
          held(settlement.getReturnedIds(i), settlement.getReturnedTokens(i), session, refused);
      if (task != null) {
        leasing.giveBack(task, Leasing.Return.UNSTARTED);
      }
    }
    return refused;
  }

  /**
   * The fencing check: only the attempt that holds the task may end it. Null: refused, and noted.
   */
  private @Nullable Task held(long id, long token, long session, List<RefusedAttempt> refused) {
    Task task = state.tasks.leased(id);
    if (task != null && task.token == token && task.session == session) {
      return task;
    }
    Task known = task == null && id <= state.sequence ? state.tasks.find(id) : task;
    if (known != null) { // A forgotten one has no queue to count it in.
      known.queue.staleSettlements++;
      state.tasks.current().dirty(known.queue);
    }
    refused.add(
        RefusedAttempt.newBuilder()
            .setId(id)
            .setToken(token)
            .setReason(RefusalReason.REFUSAL_REASON_STALE_TOKEN)
            .build());
    return null;
  }

  private void complete(Task leased, ByteString result, String contentType, long runUs) {
    Task task = state.tasks.touch(leased);
    QueueState queue = task.queue;
    leasing.release(task, runUs);
    queue.succeeded++;
    switch (task.options.getResultPolicy()) {
      case RESULT_POLICY_KEEP, RESULT_POLICY_UNSPECIFIED, UNRECOGNIZED -> {
        int before = task.memoryBytes();
        task.state = TaskState.TASK_STATE_SUCCEEDED;
        task.result = result;
        task.resultContentType = contentType;
        task.payload = ByteString.EMPTY;
        state.tasks.current().grew(task.memoryBytes() - before);
        finish(task, queue.retained);
        forgetOldest(queue);
      }
      case RESULT_POLICY_QUEUE -> {
        enqueueResult(task, result, contentType);
        leave(task);
      }
      case RESULT_POLICY_DROP -> leave(task);
    }
    state.changed(queue);
  }

  /** Done, and nothing of it is kept. */
  private void leave(Task task) {
    task.state = TaskState.TASK_STATE_SUCCEEDED;
    state.effects.finished(task);
    state.tasks.remove(task);
  }

  private void fail(Task leased, FailedAttempt failed) {
    Task task = state.tasks.touch(leased);
    QueueState queue = task.queue;
    leasing.release(task, Integer.toUnsignedLong(failed.getRunUs()));
    task.failures++;
    task.state = TaskState.TASK_STATE_FAILED;
    int before = task.memoryBytes();
    task.failure = failed.getFailure();
    state.tasks.current().grew(task.memoryBytes() - before);
    queue.failed++;
    finish(task, queue.dead);
    state.changed(queue);
  }

  private void finish(Task task, Lane lane) {
    task.finishedMs = state.nowMs;
    task.lane = lane.key();
    task.position = ++state.sequence;
    lane.append(task, state.tasks.current());
    state.effects.finished(task);
  }

  /** Results beyond the queue's retention go, the oldest first. */
  private void forgetOldest(QueueState queue) {
    while (queue.retained.size() > queue.retainedMax) {
      Task oldest = queue.retained.peek(state.tasks);
      if (oldest == null) {
        throw new IllegalStateException(
            "queue " + queue.name + " counts results that are not there");
      }
      queue.retained.remove(oldest);
      state.tasks.remove(state.tasks.touch(oldest));
    }
  }

  /**
   * A result is accepted even into a full queue: it must not be lost, and limits are for producers.
   */
  private void enqueueResult(Task task, ByteString result, String contentType) {
    QueueState results = state.use(task.options.getResultQueue());
    if (results == null) {
      // The name was checked when the task came in, and the queue is made then; only a changed
      // limit leads here.
      throw new IllegalStateException(
          "result queue " + task.options.getResultQueue() + " is missing");
    }
    Task entry =
        new Task(++state.sequence, results, resultOptions(contentType), result, state.nowMs);
    state.tasks.add(entry);
    results.enqueued++;
    results.ready.enter(entry, state);
    state.changed(results);
  }

  private TaskOptions resultOptions(String contentType) {
    TaskOptions options = resultOptions.get(contentType);
    if (options == null) {
      if (resultOptions.size() >= 1_000) {
        resultOptions.clear();
      }
      options =
          TaskOptions.newBuilder()
              .setContentType(contentType)
              .setResultPolicy(ResultPolicy.RESULT_POLICY_DROP)
              .build();
      resultOptions.put(contentType, options);
    }
    return options;
  }
}
