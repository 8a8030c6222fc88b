package dev.muster.master.queue;

import dev.muster.proto.v1.Attempt;
import dev.muster.proto.v1.AttemptEnd;
import dev.muster.proto.v1.Reason;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Says why a task stands where it stands: every rule that holds it back, with the numbers, and why
 * it ran more than once. The rules by name: docs/explain.md.
 */
final class Explanation {
  /** So many of the tasks that one waits for are named. */
  private static final int NAMED_MAX = 5;

  private final Task task;
  private final MachineState state;
  private final List<Reason> reasons = new ArrayList<>();

  Explanation(Task task, MachineState state) {
    this.task = task;
    this.state = state;
  }

  /** Of a task that has no record any more. */
  static List<Reason> ofUnknown(TaskInfo remembered) {
    return List.of(
        remembered.getFromHistory()
            ? reason(
                "SUCCEEDED",
                "it succeeded at "
                    + time(remembered.getFinishedMs())
                    + "; its result went elsewhere, so that only its times are remembered")
            : reason(
                "UNKNOWN",
                "no task with this id is known: it never was, or it ended and is forgotten"));
  }

  List<Reason> reasons() {
    switch (task.state) {
      case TASK_STATE_READY -> ready();
      case TASK_STATE_DELAYED -> delayed();
      case TASK_STATE_RUNNING -> running();
      case TASK_STATE_SUCCEEDED -> say("SUCCEEDED", "it succeeded at " + time(task.finishedMs));
      case TASK_STATE_FAILED -> failed();
      case TASK_STATE_CANCELLED ->
          say("CANCELLED", "called off at " + time(task.finishedMs) + ": " + task.cause);
      case TASK_STATE_EXPIRED -> say("EXPIRED", "at " + time(task.finishedMs) + " " + task.cause);
      case TASK_STATE_QUARANTINED ->
          say(
              "QUARANTINED",
              "set aside at "
                  + time(task.finishedMs)
                  + ": "
                  + task.cause
                  + "; release it or drop it");
      case TASK_STATE_OFFERED, TASK_STATE_UNKNOWN, UNRECOGNIZED ->
          throw new IllegalStateException("a stored task is never in state " + task.state);
    }
    attempts();
    return reasons;
  }

  private void ready() {
    QueueState queue = task.queue;
    Ready ready = queue.ready;
    if (ready.isPaused()) {
      say("QUEUE_PAUSED", "queue " + queue.name + " is paused");
    }
    if (ready.concurrency() > 0 && ready.running() >= ready.concurrency()) {
      say(
          "QUEUE_CONCURRENCY",
          "queue "
              + queue.name
              + " runs at most "
              + ready.concurrency()
              + " tasks at a time, and "
              + ready.running()
              + " run");
    }
    long rateMs = ready.rateAllowsMs(state.nowMs);
    if (rateMs != 0) {
      say("QUEUE_RATE", "the rate of queue " + queue.name + " allows the next at " + time(rateMs));
    }
    line(ready.lineOf(task), ready);
    if (task.expiresMs != 0) {
      say("TTL", "it expires if it still waits at " + time(task.expiresMs));
    }
  }

  private void line(Line line, Ready ready) {
    if (line.group != null && line.group.holder != 0) {
      Task holder = state.tasks.find(line.group.holder);
      String how =
          holder != null && holder.state == TaskState.TASK_STATE_DELAYED
              ? " waits for its next attempt"
              : " runs";
      say(
          "GROUP_BUSY",
          "of group "
              + task.group
              + " task "
              + id(line.group.holder)
              + how
              + ", and one at a time goes");
    }
    if (line.share != null) {
      tenant(line.share.tenant, ready);
    }
    long above = ready.waitingAbove(line.priority);
    if (above > 0) {
      say(
          "PRIORITY",
          above + " tasks of higher priority than " + line.priority + " wait in its queue");
    }
    Task first = line.lane.peek(state.tasks);
    if (first != null && first.id != task.id) {
      say(
          "NOT_FIRST",
          "it is one of "
              + line.lane.size()
              + " that wait in its line, and task "
              + id(first.id)
              + " is the first");
    }
  }

  private void tenant(Tenant tenant, Ready ready) {
    switch (tenant.standing) {
      case FULL ->
          say(
              "TENANT_CONCURRENCY",
              "tenant "
                  + tenant.name
                  + " runs at most "
                  + (tenant.concurrency != 0 ? tenant.concurrency : ready.tenantConcurrency())
                  + " tasks at a time, and "
                  + tenant.running
                  + " run");
      case RATE_LIMITED ->
          say(
              "TENANT_RATE",
              "the rate of tenant "
                  + tenant.name
                  + " allows the next at "
                  + time((tenant.openAtUs + 999) / 1_000));
      case OPEN -> {
        if (tenant.isNamed() && tenant.running > 0) {
          say(
              "TENANT_SHARE",
              "tenant "
                  + tenant.name
                  + " runs "
                  + tenant.running
                  + " tasks with weight "
                  + tenant.weight()
                  + "; who has used less goes first");
        }
      }
    }
  }

  private void delayed() {
    if (task.bonds != null && task.bonds.isPending()) {
      long[] pending = task.bonds.pending();
      StringBuilder named = new StringBuilder();
      for (int i = 0; i < Math.min(pending.length, NAMED_MAX); i++) {
        named.append(i == 0 ? "" : ", ").append(id(pending[i]));
      }
      say(
          "DEPENDENCIES",
          "it waits for "
              + pending.length
              + " of the "
              + task.bonds.after().size()
              + " tasks that come first: "
              + named
              + (pending.length > NAMED_MAX ? ", …" : ""));
    }
    if (task.dueMs != 0) {
      say(
          task.failures > 0 ? "BACKOFF" : "DELAY",
          (task.failures > 0
                  ? "its handler failed "
                      + task.failures
                      + " times of at most "
                      + task.queue.settings.maxAttempts(task.options)
                      + "; it is tried again at "
                  : "it is not to run before ")
              + time(task.dueMs));
    }
  }

  private void running() {
    String who = task.worker.isEmpty() ? "a consumer without a session" : task.worker;
    say("LEASED", who + " has it since " + time(task.offeredMs));
    if (task.session == 0) {
      say("VISIBILITY_TIMEOUT", "its lease ends at " + time(task.leaseUntilMs));
    }
    if (task.cancelling) {
      say("CANCELLING", "its worker was asked to stop it: " + task.cause);
    }
  }

  private void failed() {
    String kind = task.failure == null ? "" : ": " + task.failure.getKind();
    boolean hopeless = task.failure != null && !task.failure.getRetryable();
    say(
        hopeless ? "NOT_RETRYABLE" : "ATTEMPTS_USED",
        hopeless
            ? "its failure says that trying again cannot help" + kind
            : "its handler failed "
                + task.failures
                + " times, of at most "
                + task.queue.settings.maxAttempts(task.options)
                + kind);
  }

  /** Why it ran more than once, or not for long: what ended each attempt. */
  private void attempts() {
    List<Attempt> ended = task.timeline;
    for (int i = 0; i < ended.size(); i++) {
      Attempt attempt = ended.get(i);
      if (attempt.getEnd() == AttemptEnd.ATTEMPT_END_SUCCEEDED) {
        continue; // said already, and no reason why it ran more than once
      }
      String who =
          attempt.getWorker().isEmpty() ? "a consumer without a session" : attempt.getWorker();
      say(
          "ATTEMPT_" + attempt.getEnd().name().substring("ATTEMPT_END_".length()),
          who
              + " had it from "
              + time(attempt.getOfferedMs())
              + " to "
              + time(attempt.getEndedMs())
              + ": "
              + ending(attempt));
    }
  }

  private static String ending(Attempt attempt) {
    return switch (attempt.getEnd()) {
      case ATTEMPT_END_SUCCEEDED -> "it succeeded";
      case ATTEMPT_END_FAILED -> "its handler failed, " + attempt.getCause();
      case ATTEMPT_END_CRASHED ->
          attempt.getCause().isEmpty()
              ? "the worker died or fell silent while it ran it"
              : "the process of its handler died: " + attempt.getCause();
      case ATTEMPT_END_RETURNED -> "given back unfinished, free of charge";
      case ATTEMPT_END_EXPIRED -> "the visibility timeout ran out";
      case ATTEMPT_END_CANCELLED -> "stopped, because it was called off";
      case ATTEMPT_END_OVERRAN -> attempt.getCause();
      case ATTEMPT_END_UNSPECIFIED, UNRECOGNIZED -> "it has not ended";
    };
  }

  private void say(String rule, String message) {
    reasons.add(reason(rule, message));
  }

  private static Reason reason(String rule, String message) {
    return Reason.newBuilder().setRule(rule).setMessage(message).build();
  }

  private static String id(long id) {
    return Long.toUnsignedString(id);
  }

  private static String time(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }
}
