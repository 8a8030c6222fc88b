package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import dev.muster.common.InvalidInputException;
import dev.muster.common.RefusedException;
import dev.muster.common.TimedOutException;
import dev.muster.proto.v1.DrainWorkerReply;
import dev.muster.proto.v1.DrainWorkerRequest;
import dev.muster.proto.v1.KillWorkerReply;
import dev.muster.proto.v1.KillWorkerRequest;
import dev.muster.proto.v1.ListWorkersReply;
import dev.muster.proto.v1.ListWorkersRequest;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.StackReply;
import dev.muster.proto.v1.StackRequest;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.WorkerInfo;
import dev.muster.proto.v1.WorkersGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RemoteWorkerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ConcurrentSkipListMap<Long, WorkerInfo> workers =
      new ConcurrentSkipListMap<>(Long::compareUnsigned);
  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private AdminServer server;
  private Admin admin;

  @BeforeEach
  void start() {
    server = AdminServer.start(new Workers(), new Tasks());
    admin = server.admin();
    add(7, "mail", "a", 1);
    add(8, "mail", "a", 12);
    add(-1, "mail", "b", 1);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void add(long session, String name, String host, long pid) {
    workers.put(
        session,
        WorkerInfo.newBuilder()
            .setSession(session)
            .setName(name)
            .setHost(host)
            .setPid(pid)
            .build());
  }

  @Test
  void shouldFindAWorkerBySessionByNameOrByABeginning() {
    assertThat(admin.worker("8").pid()).isEqualTo(12);
    assertThat(admin.worker("18446744073709551615").host()).isEqualTo("b");
    assertThat(admin.worker("mail@a:1").session()).isEqualTo(7);
    assertThat(admin.worker("mail@a:12").session()).isEqualTo(8);
    RemoteWorker worker = admin.worker("mail@b");
    assertThat(worker.session()).isEqualTo(-1);
    assertThat(worker.name()).isEqualTo("mail");
    assertThat(worker.identity()).isEqualTo("mail@b:1");
  }

  @Test
  void shouldRefuseWhatNoWorkerOrSeveralHave() {
    for (String unknown : List.of("9", "0", "99999999999999999999", "post", "mail@a:123")) {
      assertThatThrownBy(() -> admin.worker(unknown))
          .isInstanceOfSatisfying(
              RefusedException.class,
              refused ->
                  assertThat(refused.reason())
                      .isEqualTo(RefusalReason.REFUSAL_REASON_UNKNOWN_WORKER))
          .hasMessageContaining(unknown);
    }
    assertThatThrownBy(() -> admin.worker("mail@a"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("2 workers begin with mail@a")
        .hasMessageContaining("mail@a:12 8");
    assertThatThrownBy(() -> admin.worker(" ")).isInstanceOf(InvalidInputException.class);
  }

  @Test
  void shouldTerminateAndKill() {
    admin.worker("7").terminate();
    admin.worker("8").kill();
    assertThat(asked).containsExactly("drain 7", "kill 8");
  }

  @Test
  void shouldWaitUntilTheSessionIsGone() throws InterruptedException {
    RemoteWorker worker = admin.worker("7");
    assertThat(worker.isAlive()).isTrue();
    assertThat(worker.join(Duration.ZERO)).isFalse();
    Thread ends = new Thread(() -> workers.remove(7L));
    ends.start();
    assertThat(worker.join(PATIENCE)).isTrue();
    assertThat(worker.isAlive()).isFalse();
    ends.join();
  }

  @Test
  void shouldTellAStackThatIsNotThereFromAWorkerThatIsSilent() {
    assertThat(admin.stack(1).getText()).isEqualTo("at Handler.run");
    assertThatThrownBy(() -> admin.stack(2))
        .isInstanceOf(RefusedException.class)
        .hasMessage("task 2 does not run");
    assertThatThrownBy(() -> admin.stack(3))
        .isInstanceOf(TimedOutException.class)
        .hasMessage("worker w did not answer");
  }

  private final class Workers extends WorkersGrpc.WorkersImplBase {
    @Override
    public void listWorkers(ListWorkersRequest request, StreamObserver<ListWorkersReply> reply) {
      List<WorkerInfo> after = List.copyOf(workers.tailMap(request.getAfter(), false).values());
      int size = Math.min(request.getPageSize(), 2);
      reply.onNext(
          ListWorkersReply.newBuilder()
              .addAllWorkers(after.subList(0, Math.min(size, after.size())))
              .setMore(after.size() > size)
              .build());
      reply.onCompleted();
    }

    @Override
    public void drainWorker(DrainWorkerRequest request, StreamObserver<DrainWorkerReply> reply) {
      asked.add("drain " + request.getSession());
      reply.onNext(DrainWorkerReply.getDefaultInstance());
      reply.onCompleted();
    }

    @Override
    public void killWorker(KillWorkerRequest request, StreamObserver<KillWorkerReply> reply) {
      asked.add("kill " + request.getSession());
      reply.onNext(KillWorkerReply.getDefaultInstance());
      reply.onCompleted();
    }
  }

  private static final class Tasks extends TasksGrpc.TasksImplBase {
    @Override
    public void stack(StackRequest request, StreamObserver<StackReply> reply) {
      if (request.getId() == 1) {
        reply.onNext(StackReply.newBuilder().setWorker("w").setText("at Handler.run").build());
        reply.onCompleted();
      } else if (request.getId() == 2) {
        refuse(reply, Code.FAILED_PRECONDITION, "NOT_RUNNING", "task 2 does not run");
      } else {
        refuse(reply, Code.DEADLINE_EXCEEDED, "WORKER_SILENT", "worker w did not answer");
      }
    }

    private static void refuse(
        StreamObserver<StackReply> reply, Code code, String reason, String message) {
      ErrorInfo info = ErrorInfo.newBuilder().setDomain("muster.dev").setReason(reason).build();
      reply.onError(
          StatusProto.toStatusRuntimeException(
              com.google.rpc.Status.newBuilder()
                  .setCode(code.getNumber())
                  .setMessage(message)
                  .addDetails(com.google.protobuf.Any.pack(info))
                  .build()));
    }
  }
}
