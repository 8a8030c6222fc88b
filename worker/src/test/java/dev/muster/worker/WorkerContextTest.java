package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.common.TaskFailedException;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.Failure;
import dev.muster.proto.v1.InputsReply;
import dev.muster.proto.v1.ResultPolicy;
import dev.muster.proto.v1.Settlement;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.WorkerFrame;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a handler learns and says through its context. */
@Timeout(60)
final class WorkerContextTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final FakeMaster master = new FakeMaster();
  private final CountDownLatch release = new CountDownLatch(1);

  @AfterEach
  void close() {
    release.countDown();
    master.close();
  }

  private void start(ContextHandler<Integer> handler) throws InterruptedException {
    master.start(master.worker().handle("run", Integer.class, handler));
    master.welcome(false, 0);
  }

  @Test
  void shouldKnowItsTask() throws InterruptedException {
    start(
        (n, context) ->
            List.of(
                context.taskId(),
                context.queue(),
                context.handler(),
                context.attempt(),
                context.crashes(),
                context.priority(),
                context.cost(),
                context.headers()));
    master.offer(
        "run",
        offer -> {
          offer.addAttempts(1).addAttempts(3).addCrashes(0).addCrashes(2);
          offer.getOptionsBuilder().setPriority(7).setCost(1).putAllHeaders(Map.of("k", "v"));
        },
        8,
        9);
    assertThat(master.results(2))
        .containsExactly(
            "[8,\"tasks\",\"run\",1,0,7,1,{\"k\":\"v\"}]",
            "[9,\"tasks\",\"run\",3,2,7,1,{\"k\":\"v\"}]");
  }

  @Test
  void shouldSendReportsWhileItRuns() throws InterruptedException {
    start(
        (n, context) -> {
          context.progress(0.5, "half");
          context.log("begun");
          context.partial(Map.of("x", 1));
          release.await();
          return n;
        });
    master.offer("run", 9);
    WorkerFrame progress = master.await(f -> f.getProgressCount() > 0);
    assertThat(progress.getProgress(0).getFraction()).isEqualTo(0.5);
    assertThat(progress.getProgress(0).getId()).isEqualTo(9);
    WorkerFrame partial =
        progress.getPartialsCount() > 0 ? progress : master.await(f -> f.getPartialsCount() > 0);
    assertThat(partial.getPartials(0).getValue().toStringUtf8()).isEqualTo("{\"x\":1}");
    assertThat(partial.getSettlementsCount()).isZero();
  }

  @Test
  void shouldSendItsLastWordsNoLaterThanItsOutcome() throws InterruptedException {
    start(
        (n, context) -> {
          context.log("done");
          return n;
        });
    master.offer("run", 9);
    WorkerFrame frame = master.await(f -> f.getLogLinesCount() > 0 || f.getSettlementsCount() > 0);
    assertThat(frame.getLogLines(0).getText()).isEqualTo("done");
  }

  @Test
  void shouldRefuseProgressThatIsNone() throws InterruptedException {
    start(
        (n, context) -> {
          context.progress(1.5, "");
          return n;
        });
    master.offer("run", 9);
    assertThat(master.settle().getFailed(0).getFailure().getMessage())
        .contains("progress must be 0 to 1", "1.5");
  }

  @Test
  void shouldEnqueueFollowUpsWithTheCompletion() throws InterruptedException {
    FollowUp mail =
        FollowUp.to("mail", "send").priority(5).delay(Duration.ofSeconds(2)).resultsTo("sent");
    start(
        (n, context) -> {
          context.enqueue(mail.payload("a").group("g"));
          context.enqueue(mail.payload("b").tenant("t"));
          context.enqueue(
              FollowUp.to("next", "run")
                  .payload(new byte[] {1})
                  .maxAttempts(3)
                  .cost(2)
                  .require("gpu", "a100")
                  .unique("u")
                  .dropResult());
          return n;
        });
    master.offer("run", 9);
    Settlement settlement = master.settle();
    assertThat(settlement.getCompletedIdsList()).containsExactly(9L);
    assertThat(settlement.getFollowUpsList()).hasSize(2).allMatch(f -> f.getId() == 9);
    EnqueueRequest mails = settlement.getFollowUps(0).getTasks();
    assertThat(mails.getQueue()).isEqualTo("mail");
    assertThat(mails.getPayloadsList())
        .extracting(ByteString::toStringUtf8)
        .containsExactly("\"a\"", "\"b\"");
    assertThat(mails.getGroupsList()).containsExactly("g", "");
    assertThat(mails.getTenantsList()).containsExactly("", "t");
    assertThat(mails.getUniqueKeysList()).isEmpty();
    assertThat(mails.getDelayMs()).isEqualTo(2_000);
    assertThat(mails.getOptions().getPriority()).isEqualTo(5);
    assertThat(mails.getOptions().getResultQueue()).isEqualTo("sent");
    assertThat(mails.getOptions().getContentType()).isEqualTo("application/json");
    EnqueueRequest next = settlement.getFollowUps(1).getTasks();
    assertThat(next.getOptions().getContentType()).isEqualTo("application/octet-stream");
    assertThat(next.getOptions().getRetry().getMaxAttempts()).isEqualTo(3);
    assertThat(next.getOptions().getCost()).isEqualTo(2);
    assertThat(next.getOptions().getRequiresMap()).isEqualTo(Map.of("gpu", "a100"));
    assertThat(next.getOptions().getResultPolicy()).isEqualTo(ResultPolicy.RESULT_POLICY_DROP);
    assertThat(next.getUniqueKeysList()).containsExactly("u");
  }

  @Test
  void shouldEnqueueNothingWhenTheAttemptFails() throws InterruptedException {
    start(
        (n, context) -> {
          context.enqueue(FollowUp.to("mail", "send").payload(n));
          throw new IllegalStateException("no");
        });
    master.offer("run", 9);
    Settlement settlement = master.settle();
    assertThat(settlement.getFailedCount()).isEqualTo(1);
    assertThat(settlement.getFollowUpsList()).isEmpty();
  }

  @Test
  void shouldRefuseFollowUpsThatNoFrameTakes() {
    FollowUps all = new FollowUps();
    FollowUp large = FollowUp.to("mail", "send").payload(new byte[3 << 20]);
    all.add(large);
    assertThatThrownBy(() -> all.add(large))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("4194304 bytes together");
    assertThatThrownBy(() -> FollowUp.to("mail", "send").priority(10))
        .hasMessageContaining("priority must be 0 to 9, found 10");
    assertThatThrownBy(() -> FollowUp.to("mail", "send").runLimit(Duration.ZERO))
        .hasMessageContaining("run limit must be more than 0 and at most 3650 days, found PT0S");
    assertThatThrownBy(() -> FollowUp.to("mail", "send").backoff(SECOND, Duration.ofDays(31)))
        .hasMessageContaining("longest back-off must be more than 0 and at most 30 days");
    assertThatThrownBy(() -> FollowUp.to("mail", "send").backoff(Duration.ofDays(26), SECOND))
        .hasMessageContaining("the longest back-off must not be less than the shortest");
    assertThatThrownBy(() -> FollowUp.to("no queue", "send"))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> FollowUp.to("mail", "send").delay(Duration.ofMillis(-1)))
        .hasMessageContaining("delay must be 0 to ten years");
  }

  @Test
  void shouldRoundTimesUpSoThatNoneIsLost() {
    FollowUp next =
        FollowUp.to("mail", "send")
            .ttl(Duration.ofNanos(1))
            .delay(Duration.ofNanos(1_000_001))
            .backoff(SECOND, Duration.ofDays(30));
    EnqueueRequest request = next.request();
    assertThat(request.getOptions().getTtlMs()).as("0 would be none").isEqualTo(1);
    assertThat(request.getDelayMs()).isEqualTo(2);
    assertThat(request.getOptions().getRetry().getBackoffMinMs()).isEqualTo(1_000);
    assertThat(Integer.toUnsignedLong(request.getOptions().getRetry().getBackoffMaxMs()))
        .isEqualTo(Limits.BACKOFF_MS_MAX);
  }

  private static TaskResult succeeded(long id, String json) {
    return TaskResult.newBuilder()
        .setId(id)
        .setState(TaskState.TASK_STATE_SUCCEEDED)
        .setResult(ByteString.copyFromUtf8(json))
        .setContentType("application/json")
        .build();
  }

  @Test
  void shouldFetchWhatItDependsOnInOrderAndTryAgain() throws InterruptedException {
    // given: the master does not answer the first time
    start(
        (n, context) -> {
          int sum = 0;
          for (Input input : context.inputs()) {
            sum = sum * 10 + input.result(Integer.class);
          }
          return sum + context.inputs().size();
        });
    master.offer("run", offer -> offer.addInputs(2), 9);
    assertThat(master.asked.take()).isEqualTo(9);
    // when
    master.inputs.add(
        InputsReply.newBuilder().addInputs(succeeded(4, "3")).addInputs(succeeded(5, "7")).build());
    // then
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("39");
  }

  @Test
  void shouldAskNobodyWhenItDependsOnNothing() throws InterruptedException {
    start((n, context) -> context.inputs().size());
    master.offer("run", 9);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("0");
    assertThat(master.asked).isEmpty();
  }

  @Test
  void shouldStopAskingWhenItIsCalledOff() throws InterruptedException {
    start((n, context) -> context.inputs().size());
    master.offer("run", offer -> offer.addInputs(1), 9);
    assertThat(master.asked.take()).isEqualTo(9);
    master.stop(9, 3_600_000, 3_600_000);
    assertThat(master.settle().getCancelledIdsList()).containsExactly(9L);
  }

  @Test
  void shouldSayWhyAnInputHasNoResult() {
    Input failed =
        new Input(
            TaskResult.newBuilder()
                .setId(4)
                .setState(TaskState.TASK_STATE_FAILED)
                .setFailure(Failure.newBuilder().setKind("k").setMessage("m"))
                .build());
    assertThat(failed.isSucceeded()).isFalse();
    assertThatThrownBy(() -> failed.result(String.class))
        .isInstanceOf(TaskFailedException.class)
        .hasMessage("task 4 failed: k: m");
    Input expired =
        new Input(
            TaskResult.newBuilder()
                .setId(5)
                .setState(TaskState.TASK_STATE_EXPIRED)
                .setCause("it waited too long")
                .build());
    assertThatThrownBy(() -> expired.result(String.class))
        .isInstanceOf(MusterException.class)
        .hasMessage("task 5 has no result: it is EXPIRED, it waited too long");
  }
}
