package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.google.protobuf.ByteString;
import dev.muster.client.Muster;
import dev.muster.client.pool.AsyncResult;
import dev.muster.client.pool.Pool;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.proto.v1.AwaitReply;
import dev.muster.proto.v1.TaskResult;
import dev.muster.proto.v1.TaskState;
import dev.muster.proto.v1.TasksGrpc;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a pool logs, with the logging that the command has: the client's own tests have none. */
@Timeout(60)
final class PoolCallbackTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(Pool.class);
  private final Lines lines = new Lines();

  @TempDir private Path folder;
  private FakeMaster master;

  private static final class Lines extends AppenderBase<ILoggingEvent> {
    private final BlockingQueue<ILoggingEvent> events = new LinkedBlockingQueue<>();

    @Override
    protected void append(ILoggingEvent event) {
      events.add(event);
    }
  }

  @BeforeEach
  void start() {
    master = FakeMaster.start(folder);
    master.on(
        TasksGrpc.getAwaitMethod(),
        request -> {
          AwaitReply.Builder reply = AwaitReply.newBuilder();
          for (long id : request.getIdsList()) {
            reply.addResults(
                TaskResult.newBuilder()
                    .setId(id)
                    .setState(TaskState.TASK_STATE_SUCCEEDED)
                    .setResult(ByteString.copyFromUtf8("49"))
                    .setContentType("application/json"));
          }
          return List.of(reply.build());
        });
    lines.start();
    logger.addAppender(lines);
    logger.setAdditive(false); // its warning is meant
  }

  @AfterEach
  void stop() {
    logger.setAdditive(true);
    logger.detachAppender(lines);
    master.close();
  }

  @Test
  void shouldLogWhatACallbackThrowsAndKeepTheResult() throws InterruptedException {
    RemoteFunction<Integer, Integer> square =
        RemoteFunction.of("square", Integer.class, Integer.class);
    try (Muster muster = master.connect();
        Pool pool = muster.pool("tasks")) {
      AsyncResult<Integer> result =
          pool.applyAsync(
              square,
              7,
              value -> {
                throw new IllegalStateException("no room for " + value);
              },
              failure -> {});

      ILoggingEvent event = lines.events.take();

      assertThat(event.getLevel()).isEqualTo(Level.WARN);
      assertThat(event.getFormattedMessage()).isEqualTo("a callback of a pool failed");
      assertThat(event.getThrowableProxy().getMessage()).isEqualTo("no room for 49");
      assertThat(result.get()).isEqualTo(49);
    }
  }
}
