package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Muster;
import dev.muster.client.RemoteQueue;
import dev.muster.client.TaskQueue;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.TaskState;
import dev.muster.worker.Worker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class MasterIT {
  private final AuthKey key = AuthKey.generate();

  @TempDir Path data;

  private Master start() {
    return Master.start(MasterConfig.builder().data(data).port(0).authKey(key).build());
  }

  @Test
  void shouldRunTasksAndKeepResults() {
    try (Master master = start();
        Muster muster = Muster.connect(master.address(), key);
        Worker worker =
            Worker.connect(master.address(), key)
                .queue("tasks")
                .handle("square", Integer.class, n -> n * n)
                .slots(4)
                .start()) {
      TaskQueue<Integer> tasks = muster.tasks("tasks", Integer.class).handler("square");
      List<Long> ids = tasks.enqueueAll(IntStream.range(0, 100).boxed().toList());
      assertThat(ids).hasSize(100);
      for (int i = 0; i < 100; i++) {
        assertThat(tasks.await(ids.get(i), Integer.class, Duration.ofSeconds(10))).isEqualTo(i * i);
      }
      assertThat(muster.task(ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_SUCCEEDED);
    }
  }

  @Test
  void shouldServeRemoteQueues() throws Exception {
    try (Master master = start();
        Muster muster = Muster.connect(master.address(), key)) {
      RemoteQueue<String> queue = muster.queue("words", String.class);
      queue.put("a");
      queue.put("b");
      assertThat(queue.size()).isEqualTo(2);
      assertThat(queue.take()).isEqualTo("a");
      assertThat(queue.take()).isEqualTo("b");
      assertThat(queue.poll()).isNull();
    }
  }

  @Test
  void shouldRecoverEverythingWhenRestarted() throws Exception {
    List<Long> ids;
    try (Master master = start();
        Muster muster = Muster.connect(master.address(), key)) {
      ids = muster.tasks("tasks", Integer.class).handler("square").enqueueAll(List.of(1, 2, 3));
    }
    try (Master master = start();
        Muster muster = Muster.connect(master.address(), key)) {
      assertThat(muster.queue("tasks", Integer.class).size()).isEqualTo(3);
      assertThat(muster.task(ids.get(2)).getState()).isEqualTo(TaskState.TASK_STATE_READY);
      assertThat(muster.queue("tasks", Integer.class).take()).isEqualTo(1);
    }
  }
}
