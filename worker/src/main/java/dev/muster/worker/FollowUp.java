package dev.muster.worker;

import com.google.protobuf.ByteString;
import dev.muster.common.InRange;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.QueueName;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.RetryPolicy;
import dev.muster.proto.v1.TaskOptions;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A task that a completion enqueues, see {@link TaskContext#enqueue}. Immutable: each method gives
 * a new one, so that one can be the pattern of many.
 *
 * <pre>{@code
 * FollowUp mail = FollowUp.to("mail", "send").priority(5).delay(Duration.ofMinutes(1));
 * context.enqueue(mail.payload(first));
 * context.enqueue(mail.payload(second));
 * }</pre>
 */
public final class FollowUp {
  private static final Duration LONGEST = Duration.ofMillis(Limits.TASK_TIME_MS_MAX);
  private static final Duration BACKOFF_LONGEST = Duration.ofMillis(Limits.BACKOFF_MS_MAX);

  private final EnqueueRequest request; // all but the columns
  private final ByteString payload;
  private final String group;
  private final String tenant;
  private final String unique;

  private FollowUp(
      EnqueueRequest request, ByteString payload, String group, String tenant, String unique) {
    this.request = request;
    this.payload = payload;
    this.group = group;
    this.tenant = tenant;
    this.unique = unique;
  }

  /**
   * A task of a queue, with no payload yet; its result is kept.
   *
   * @param handler name of the handler that runs it; empty for a plain entry
   */
  public static FollowUp to(String queue, String handler) {
    return new FollowUp(
        EnqueueRequest.newBuilder()
            .setQueue(QueueName.check(queue))
            .setOptions(
                TaskOptions.newBuilder()
                    .setHandler(bounded("the handler's name", handler))
                    .setResultPolicy(ResultPolicy.RESULT_POLICY_KEEP))
            .build(),
        ByteString.EMPTY,
        "",
        "",
        "");
  }

  /**
   * The payload: {@code byte[]} as it is, a protobuf message as such, all else as JSON.
   *
   * @throws InvalidInputException when it has more than 4 MiB
   * @throws dev.muster.common.codec.CodecException when it has no such form
   */
  public FollowUp payload(@Nullable Object value) {
    EncodedValue encoded = EncodedValue.of(value);
    InRange.check("bytes of the payload", 0, Limits.PAYLOAD_BYTES_MAX, encoded.bytes().size());
    FollowUp typed = with(options -> options.setContentType(encoded.contentType()));
    return new FollowUp(typed.request, encoded.bytes(), group, tenant, unique);
  }

  /** 0 to 9; 9 goes first; 0 by default. */
  public FollowUp priority(int priority) {
    return with(
        options ->
            options.setPriority(InRange.check("priority", 0, Limits.PRIORITY_MAX, priority)));
  }

  /** Not before so long from the completion; at most ten years. */
  public FollowUp delay(Duration delay) {
    if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
      throw new InvalidInputException("delay must be 0 to ten years, found " + delay);
    }
    EnqueueRequest delayed = request.toBuilder().setDelayMs(InRange.roundedUpMs(delay)).build();
    return new FollowUp(delayed, payload, group, tenant, unique);
  }

  /** How long it may wait for a worker, at most ten years; for ever by default. */
  public FollowUp ttl(Duration ttl) {
    return with(options -> options.setTtlMs(InRange.ms("time to live", ttl, LONGEST)));
  }

  /** How often it may fail until it is a dead letter, 1 to 1,000; by default as its queue says. */
  public FollowUp maxAttempts(int attempts) {
    return retry(
        r -> r.setMaxAttempts(InRange.check("maximum attempts", 1, Limits.ATTEMPTS_MAX, attempts)));
  }

  /**
   * The wait after the first failure, which doubles each time, and the longest one; at most 30
   * days. By default as its queue says.
   */
  public FollowUp backoff(Duration min, Duration max) {
    long minMs = InRange.ms("shortest back-off", min, BACKOFF_LONGEST);
    long maxMs = InRange.ms("longest back-off", max, BACKOFF_LONGEST);
    if (minMs > maxMs) {
      throw new InvalidInputException(
          "the longest back-off must not be less than the shortest, found " + min + " to " + max);
    }
    return retry(r -> r.setBackoffMinMs((int) minMs).setBackoffMaxMs((int) maxMs));
  }

  /** How long one attempt may run, at most ten years; without limit by default. */
  public FollowUp runLimit(Duration limit) {
    return with(options -> options.setRunLimitMs(InRange.ms("run limit", limit, LONGEST)));
  }

  /** How long one attempt may run without a sign of progress; without limit by default. */
  public FollowUp progressTimeout(Duration timeout) {
    return with(
        options -> options.setProgressTimeoutMs(InRange.ms("progress time-out", timeout, LONGEST)));
  }

  /** How many of a worker's slots it takes, 1 to 10,000; 1 by default. */
  public FollowUp cost(int slots) {
    return with(options -> options.setCost(InRange.check("cost", 1, Limits.COST_MAX, slots)));
  }

  /** Only for workers with this label. */
  public FollowUp require(String label, String value) {
    return with(
        options ->
            options.putRequires(bounded("a label", label), bounded("a label's value", value)));
  }

  /** Carried to the handler as it is. */
  public FollowUp header(String key, String value) {
    return with(options -> options.putHeaders(key, value));
  }

  /** Tasks of one group run one at a time, in order. */
  public FollowUp group(String key) {
    return new FollowUp(request, payload, bounded("a group", key), tenant, unique);
  }

  /** Whose task it is, for fairness and limits. */
  public FollowUp tenant(String key) {
    return new FollowUp(request, payload, group, bounded("a tenant", key), unique);
  }

  /** Not added when a task of its queue with this key is known and not finished. */
  public FollowUp unique(String key) {
    return new FollowUp(request, payload, group, tenant, bounded("a unique key", key));
  }

  /** Its result becomes a new task of this queue. */
  public FollowUp resultsTo(String queue) {
    return with(
        options ->
            options
                .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
                .setResultQueue(QueueName.check(queue)));
  }

  /** Its result is dropped. */
  public FollowUp dropResult() {
    return with(
        options -> options.setResultPolicy(ResultPolicy.RESULT_POLICY_DROP).clearResultQueue());
  }

  private FollowUp retry(Consumer<RetryPolicy.Builder> change) {
    return with(options -> change.accept(options.getRetryBuilder()));
  }

  private FollowUp with(Consumer<TaskOptions.Builder> change) {
    EnqueueRequest.Builder changed = request.toBuilder();
    change.accept(changed.getOptionsBuilder());
    return new FollowUp(changed.build(), payload, group, tenant, unique);
  }

  private static String bounded(String what, String text) {
    return Labels.bounded(what, text);
  }

  EnqueueRequest request() {
    return request;
  }

  ByteString payload() {
    return payload;
  }

  String group() {
    return group;
  }

  String tenant() {
    return tenant;
  }

  String unique() {
    return unique;
  }
}
