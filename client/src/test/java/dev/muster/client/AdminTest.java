package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import dev.muster.proto.v1.CancelReply;
import dev.muster.proto.v1.CancelRequest;
import dev.muster.proto.v1.ListTasksReply;
import dev.muster.proto.v1.ListTasksRequest;
import dev.muster.proto.v1.ListTenantsReply;
import dev.muster.proto.v1.ListTenantsRequest;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.QueuesGrpc;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.RunScheduleReply;
import dev.muster.proto.v1.RunScheduleRequest;
import dev.muster.proto.v1.SchedulesGrpc;
import dev.muster.proto.v1.TailReply;
import dev.muster.proto.v1.TailRequest;
import dev.muster.proto.v1.TaskFilter;
import dev.muster.proto.v1.TaskInfo;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.TenantInfo;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WatchRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdminTest {
  private static final TaskFilter READY = TaskFilter.newBuilder().setQueue("q").build();

  private final List<Object> requests = Collections.synchronizedList(new ArrayList<>());
  private final CountDownLatch tailCancelled = new CountDownLatch(1);
  private AdminServer server;
  private Admin admin;

  /** So many cancels find the connection lost before the answer. */
  private int cancelsToBreak;

  @BeforeEach
  void start() {
    server = AdminServer.start(new Tasks(), new Queues(), new Schedules());
    admin = server.admin();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void shouldAskForAPageOnlyWhenTheLastIsUsedUp() {
    Iterator<TaskInfo> tasks = admin.tasks(READY).iterator();

    assertThat(tasks.next().getId()).isEqualTo(1);
    assertThat(requests).hasSize(1);
    assertThat(tasks.next().getId()).isEqualTo(2);
    assertThat(requests).hasSize(3); // the page in between was empty, and not the last
    assertThat(tasks.hasNext()).isFalse();
  }

  @Test
  void shouldGoOnAfterTheLastNameOfAPage() {
    assertThat(admin.tenants("q").map(TenantInfo::getTenant)).containsExactly("a", "b", "c");
    assertThat(requests)
        .extracting(request -> ((ListTenantsRequest) request).getAfter())
        .containsExactly("", "b");
  }

  @Test
  void shouldCancelAnyNumberOfTasks() {
    CancelReply reply =
        admin.cancel(LongStream.rangeClosed(1, 70_000).boxed().toList(), true, "why");

    assertThat(reply.getCancelled()).isEqualTo(70_000);
    assertThat(requests)
        .hasSize(2)
        .allSatisfy(request -> assertThat(((CancelRequest) request).getSubtree()).isTrue());
  }

  @Test
  void shouldNumberWhatChangesTasksSoThatARetryIsOnlyARetry() {
    cancelsToBreak = 1;
    admin.cancel(List.of(7L), false, "");
    admin.cancel(READY, "");

    List<RequestId> numbers =
        requests.stream().map(request -> ((CancelRequest) request).getRequest()).toList();
    assertThat(numbers).extracting(RequestId::getNumber).containsExactly(1L, 1L, 2L);
    assertThat(numbers).extracting(RequestId::getAnsweredBelow).containsExactly(1L, 1L, 2L);
    assertThat(numbers).extracting(RequestId::getSession).doesNotContain(ByteString.EMPTY);
  }

  @Test
  void shouldWatchOnWhenTheCallBreaksAndPassEachPartOnce() {
    List<String> seen = new ArrayList<>();

    admin.watch(List.of(1L, 2L), reply -> seen.add(describe(reply)));

    assertThat(seen).containsExactly("part 1", "end of 1", "part 2", "end of 2");
    assertThat(requests)
        .containsExactly(
            WatchRequest.newBuilder().addIds(1).addIds(2).build(),
            WatchRequest.newBuilder().addIds(2).build());
  }

  @Test
  void shouldEndTheTailWhenItsReaderThrows() throws InterruptedException {
    assertThatThrownBy(
            () ->
                admin.tail(
                    "q",
                    reply -> {
                      throw new MusterException("enough");
                    }))
        .hasMessage("enough");

    assertThat(tailCancelled.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void shouldNotRunAScheduleAgainWhenTheAnswerIsLost() {
    assertThatThrownBy(() -> admin.runSchedule("nightly"))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("nightly");

    assertThat(requests).hasSize(1);
  }

  private static String describe(WatchReply reply) {
    return reply.hasPartial()
        ? "part " + reply.getPartial().getNumber()
        : "end of " + reply.getEnded().getId();
  }

  private static WatchReply part(long number) {
    return WatchReply.newBuilder()
        .setPartial(PartialResult.newBuilder().setId(2).setToken(7).setNumber(number))
        .build();
  }

  private static WatchReply end(long id) {
    return WatchReply.newBuilder().setEnded(TaskResult.newBuilder().setId(id)).build();
  }

  private final class Tasks extends TasksGrpc.TasksImplBase {
    @Override
    public void listTasks(ListTasksRequest request, StreamObserver<ListTasksReply> reply) {
      requests.add(request);
      ListTasksReply.Builder page = ListTasksReply.newBuilder();
      switch (request.getCursor().toStringUtf8()) {
        case "" ->
            page.addTasks(TaskInfo.newBuilder().setId(1))
                .setCursor(ByteString.copyFromUtf8("empty"));
        case "empty" -> page.setCursor(ByteString.copyFromUtf8("last"));
        default -> page.addTasks(TaskInfo.newBuilder().setId(2));
      }
      reply.onNext(page.build());
      reply.onCompleted();
    }

    @Override
    public void cancel(CancelRequest request, StreamObserver<CancelReply> reply) {
      requests.add(request);
      if (cancelsToBreak-- > 0) {
        reply.onError(Status.UNAVAILABLE.asRuntimeException());
        return;
      }
      reply.onNext(CancelReply.newBuilder().setCancelled(request.getIdsCount()).build());
      reply.onCompleted();
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchReply> replies) {
      requests.add(request);
      replies.onNext(part(1));
      if (request.getIdsCount() == 2) {
        replies.onNext(end(1));
        replies.onError(Status.UNAVAILABLE.asRuntimeException());
      } else {
        replies.onNext(part(2));
        replies.onNext(end(2));
        replies.onCompleted();
      }
    }
  }

  private final class Queues extends QueuesGrpc.QueuesImplBase {
    @Override
    public void listTenants(ListTenantsRequest request, StreamObserver<ListTenantsReply> reply) {
      requests.add(request);
      ListTenantsReply.Builder page = ListTenantsReply.newBuilder();
      if (request.getAfter().isEmpty()) {
        page.addTenants(TenantInfo.newBuilder().setTenant("a"))
            .addTenants(TenantInfo.newBuilder().setTenant("b"))
            .setMore(true);
      } else {
        page.addTenants(TenantInfo.newBuilder().setTenant("c"));
      }
      reply.onNext(page.build());
      reply.onCompleted();
    }

    @Override
    public void tail(TailRequest request, StreamObserver<TailReply> replies) {
      ((ServerCallStreamObserver<TailReply>) replies).setOnCancelHandler(tailCancelled::countDown);
      replies.onNext(TailReply.getDefaultInstance());
    }
  }

  private final class Schedules extends SchedulesGrpc.SchedulesImplBase {
    @Override
    public void runSchedule(RunScheduleRequest request, StreamObserver<RunScheduleReply> reply) {
      requests.add(request);
      reply.onError(Status.UNAVAILABLE.asRuntimeException());
    }
  }
}
