package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.log.v1.CloseSession;
import dev.muster.master.log.v1.Command;
import dev.muster.master.log.v1.ExpireLeases;
import dev.muster.master.log.v1.Lease;
import dev.muster.master.log.v1.OpenSession;
import dev.muster.master.log.v1.ReturnUnstarted;
import dev.muster.master.log.v1.Settle;
import dev.muster.proto.v1.ConfigureQueueRequest;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.ExtendRequest;
import dev.muster.proto.v1.FailedAttempt;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.QueueSettings;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskOptions;
import java.util.Arrays;
import java.util.List;

/** Commands as a test says them. */
final class Commands {
  static final TaskOptions KEEP = TaskOptions.newBuilder().setHandler("square").build();
  static final TaskOptions DROP =
      KEEP.toBuilder().setResultPolicy(ResultPolicy.RESULT_POLICY_DROP).build();

  private Commands() {}

  static TaskOptions resultsTo(String queue) {
    return KEEP.toBuilder()
        .setResultPolicy(ResultPolicy.RESULT_POLICY_QUEUE)
        .setResultQueue(queue)
        .build();
  }

  static EnqueueRequest.Builder request(String queue, TaskOptions options, ByteString... payloads) {
    return EnqueueRequest.newBuilder()
        .setQueue(queue)
        .setOptions(options)
        .addAllPayloads(Arrays.asList(payloads));
  }

  static Command enqueue(EnqueueRequest.Builder request) {
    return Command.newBuilder().setEnqueue(request).build();
  }

  static Command enqueue(String queue, TaskOptions options, int count) {
    ByteString[] payloads = new ByteString[count];
    Arrays.setAll(payloads, i -> ByteString.copyFromUtf8("payload"));
    return enqueue(request(queue, options, payloads));
  }

  static Command enqueue(String queue, int count) {
    return enqueue(queue, KEEP, count);
  }

  static RequestId number(long number, long answeredBelow) {
    return RequestId.newBuilder()
        .setSession(ByteString.copyFromUtf8("0123456789abcdef"))
        .setNumber(number)
        .setAnsweredBelow(answeredBelow)
        .build();
  }

  /** Without a session: for longer than any test lasts. */
  static Command lease(String queue, long session, int max) {
    return lease(queue, session, max, Integer.MAX_VALUE);
  }

  static Command lease(String queue, long session, int max, int visibilityTimeoutMs) {
    return Command.newBuilder()
        .setLease(
            Lease.newBuilder()
                .setQueue(queue)
                .setSession(session)
                .setMax(max)
                .setVisibilityTimeoutMs(visibilityTimeoutMs))
        .build();
  }

  static Settlement.Builder completed(long id, long token, String result) {
    return Settlement.newBuilder()
        .addCompletedIds(id)
        .addCompletedTokens(token)
        .addResults(ByteString.copyFromUtf8(result))
        .setResultContentType("text/plain");
  }

  static Settlement.Builder failed(long id, long token) {
    return Settlement.newBuilder()
        .addFailed(
            FailedAttempt.newBuilder()
                .setId(id)
                .setToken(token)
                .setFailure(Failure.newBuilder().setKind("Boom").setMessage("no")));
  }

  static Settlement.Builder returned(long id, long token) {
    return Settlement.newBuilder().addReturnedIds(id).addReturnedTokens(token);
  }

  static Command settle(Settlement.Builder settlement) {
    return Command.newBuilder().setSettle(Settle.newBuilder().setSettlement(settlement)).build();
  }

  static Command settle(long session, long number, Settlement.Builder settlement) {
    return Command.newBuilder()
        .setSettle(
            Settle.newBuilder().setSession(session).setNumber(number).setSettlement(settlement))
        .build();
  }

  static Command open(String key) {
    return open(key, List.of(), List.of());
  }

  static Command open(String key, List<Long> heldIds, List<Long> heldTokens) {
    return Command.newBuilder()
        .setOpenSession(
            OpenSession.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setWorker("w@h:1")
                .addAllHeldIds(heldIds)
                .addAllHeldTokens(heldTokens))
        .build();
  }

  static Command close(long session, boolean lost, Long... started) {
    return Command.newBuilder()
        .setCloseSession(
            CloseSession.newBuilder()
                .setSession(session)
                .setLost(lost)
                .addAllStartedIds(Arrays.asList(started)))
        .build();
  }

  static Command returnUnstarted(long session, Long... started) {
    return Command.newBuilder()
        .setReturnUnstarted(
            ReturnUnstarted.newBuilder()
                .setSession(session)
                .addAllStartedIds(Arrays.asList(started)))
        .build();
  }

  static Command expire(long id, long token) {
    return Command.newBuilder()
        .setExpireLeases(ExpireLeases.newBuilder().addIds(id).addTokens(token))
        .build();
  }

  static Command extend(long id, long token, int timeoutMs) {
    return Command.newBuilder()
        .setExtend(
            ExtendRequest.newBuilder()
                .addIds(id)
                .addTokens(token)
                .setVisibilityTimeoutMs(timeoutMs))
        .build();
  }

  static Command configure(String queue, long maxLength, long retainedMax) {
    return Command.newBuilder()
        .setConfigureQueue(
            ConfigureQueueRequest.newBuilder()
                .setQueue(queue)
                .setSettings(
                    QueueSettings.newBuilder().setMaxLength(maxLength).setRetainedMax(retainedMax)))
        .build();
  }
}
