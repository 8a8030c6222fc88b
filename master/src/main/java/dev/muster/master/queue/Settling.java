package dev.muster.master.queue;

import com.carrotsearch.hppc.LongObjectHashMap;
import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.Settle;
import dev.muster.master.store.v1.AnswerRecord;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.CompletedUsage;
import dev.muster.proto.v1.CrashedAttempt;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.FollowUp;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.RefusedAttempt;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import dev.muster.proto.v1.Usage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Ends attempts: completed, failed, crashed, given back. The acknowledgement, the result and what
 * follows from it are one command.
 */
final class Settling {
  /** So much of a failure's message goes into the timeline, characters. */
  private static final int CAUSE_LENGTH_MAX = 300;

  private final MachineState state;
  private final Leasing leasing;
  private final Waiting waiting;
  private final Endings endings;
  private final Enqueueing enqueueing;
  private final int outstandingMax;

  /**
   * One shared options object for the entries of result queues, by content type: bounded, see
   * {@link #resultOptions}.
   */
  private final Map<String, TaskOptions> resultOptions = new HashMap<>();

  Settling(
      MachineState state,
      Leasing leasing,
      Waiting waiting,
      Endings endings,
      Enqueueing enqueueing,
      int outstandingMax) {
    this.state = state;
    this.leasing = leasing;
    this.waiting = waiting;
    this.endings = endings;
    this.enqueueing = enqueueing;
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
    // First, so that what a task enqueues is there before it has ended, and only if it may end.
    if (settlement.getFollowUpsCount() > 0) {
      followUps(settlement, session);
    }
    for (CompletedUsage measured : settlement.getCompletedUsageList()) {
      noteUsage(measured, settlement, session);
    }
    for (int i = 0; i < settlement.getCompletedIdsCount(); i++) {
      Task task =
          held(settlement.getCompletedIds(i), settlement.getCompletedTokens(i), session, refused);
      if (task != null) {
        ByteString result =
            i < settlement.getResultsCount() ? settlement.getResults(i) : ByteString.EMPTY;
        int runUs = i < settlement.getCompletedRunUsCount() ? settlement.getCompletedRunUs(i) : 0;
        complete(task, result, settlement.getResultContentType(), runUs);
      }
    }
    for (FailedAttempt failed : settlement.getFailedList()) {
      Task task = held(failed.getId(), failed.getToken(), session, refused);
      if (task != null) {
        fail(
            state.tasks.touch(task),
            failed.getFailure(),
            failed.getRunUs(),
            failed.getRetryAfterMs(),
            AttemptEnd.ATTEMPT_END_FAILED,
            failed.hasUsage() ? failed.getUsage() : null);
      }
    }
    crash(settlement.getCrashedList(), session, refused);
    for (int i = 0; i < settlement.getReturnedIdsCount(); i++) {
      Task task =
          held(settlement.getReturnedIds(i), settlement.getReturnedTokens(i), session, refused);
      if (task != null) {
        leasing.giveBack(task, Leasing.Return.UNSTARTED);
      }
    }
    for (int i = 0; i < settlement.getCancelledIdsCount(); i++) {
      Task task =
          held(settlement.getCancelledIds(i), settlement.getCancelledTokens(i), session, refused);
      if (task != null) {
        leasing.endCancelled(
            state.tasks.touch(task), task.cancelling ? task.cause : "its handler called it off");
      }
    }
    return refused;
  }

  private void followUps(Settlement settlement, long session) {
    LongObjectHashMap<Task> completing = new LongObjectHashMap<>(settlement.getCompletedIdsCount());
    for (int i = 0; i < settlement.getCompletedIdsCount(); i++) {
      Task task = state.tasks.leased(settlement.getCompletedIds(i));
      if (task != null
          && task.session == session
          && task.token == settlement.getCompletedTokens(i)) {
        completing.put(task.id, task);
      }
    }
    for (FollowUp followUp : settlement.getFollowUpsList()) {
      Task parent = completing.get(followUp.getId());
      if (parent != null && (followUp.getToken() == 0 || followUp.getToken() == parent.token)) {
        enqueueing.followUp(parent, followUp.getTasks());
      }
    }
  }

  /** What a success used goes into its timeline, where the record of the task is kept. */
  private void noteUsage(CompletedUsage measured, Settlement settlement, long session) {
    int index = measured.getIndex();
    Task leased = state.tasks.leased(settlement.getCompletedIds(index));
    if (leased == null
        || leased.token != settlement.getCompletedTokens(index)
        || leased.session != session
        || leased.isSuccessNoted()) {
      return;
    }
    Task task = state.tasks.touch(leased);
    task.runUs =
        index < settlement.getCompletedRunUsCount()
            ? Integer.toUnsignedLong(settlement.getCompletedRunUs(index))
            : 0;
    leasing.endAttempt(task, AttemptEnd.ATTEMPT_END_SUCCEEDED, "", measured.getUsage());
  }

  /** The processes of these handlers died; their worker lives. */
  private void crash(List<CrashedAttempt> crashes, long session, List<RefusedAttempt> refused) {
    for (CrashedAttempt crashed : crashes) {
      Task task = held(crashed.getId(), crashed.getToken(), session, refused);
      if (task != null) {
        long runUs = Integer.toUnsignedLong(crashed.getRunUs());
        leasing.crashed(
            task,
            shortened(crashed.getCause()),
            runUs,
            crashed.hasUsage() ? crashed.getUsage() : null);
      }
    }
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

  private void complete(Task leased, ByteString result, String contentType, int runUs) {
    Task task = state.tasks.touch(leased);
    task.runUs = Integer.toUnsignedLong(runUs);
    leasing.release(task, true);
    switch (task.options.getResultPolicy()) {
      case RESULT_POLICY_KEEP, RESULT_POLICY_UNSPECIFIED, UNRECOGNIZED ->
          endings.setResult(task, result, contentType);
      case RESULT_POLICY_QUEUE -> {
        enqueueResult(task, result, contentType);
        setInput(task, result, contentType);
      }
      case RESULT_POLICY_DROP -> setInput(task, result, contentType);
    }
    endings.succeed(task);
  }

  /** A result that is not kept is still what those get that wait for the task. */
  private void setInput(Task task, ByteString result, String contentType) {
    if (task.bonds != null) {
      endings.setResult(task, result, contentType);
    }
  }

  /** A touched task's attempt failed: it is tried again later, or not. */
  private void fail(
      Task task,
      Failure failure,
      int runUs,
      long retryAfterMs,
      AttemptEnd end,
      @Nullable Usage usage) {
    task.runUs = Integer.toUnsignedLong(runUs);
    leasing.endAttempt(task, end, shortened(failure), usage);
    leasing.release(task, true);
    task.failures++;
    QueueState queue = task.queue;
    if (task.cancelling) {
      endings.cancel(task, task.cause);
    } else if (failure.getRetryable() && task.failures < queue.settings.maxAttempts(task.options)) {
      queue.retries++;
      long waitMs =
          retryAfterMs != 0
              ? retryAfterMs
              : queue.settings.backoffMs(task.options, task.failures, state.dice(task.id));
      queue.ready.hold(task, state);
      waiting.delay(task, state.nowMs + waitMs);
    } else {
      int before = task.memoryBytes();
      task.failure = failure;
      state.tasks.current().grew(task.memoryBytes() - before);
      endings.fail(task);
    }
  }

  /** An attempt ran past a limit. */
  void overrun(Task leased, String cause) {
    Failure failure =
        Failure.newBuilder().setKind("muster.Overrun").setMessage(cause).setRetryable(true).build();
    fail(state.tasks.touch(leased), failure, 0, 0, AttemptEnd.ATTEMPT_END_OVERRAN, null);
  }

  private static String shortened(Failure failure) {
    String text =
        failure.getMessage().isEmpty()
            ? failure.getKind()
            : failure.getKind() + ": " + failure.getMessage();
    return shortened(text);
  }

  private static String shortened(String text) {
    return text.length() <= CAUSE_LENGTH_MAX ? text : text.substring(0, CAUSE_LENGTH_MAX) + "…";
  }

  /**
   * A result is accepted even into a full queue: it must not be lost, and limits are for producers.
   */
  private void enqueueResult(Task task, ByteString result, String contentType) {
    enqueueing.add(task.options.getResultQueue(), resultOptions(contentType), result);
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
