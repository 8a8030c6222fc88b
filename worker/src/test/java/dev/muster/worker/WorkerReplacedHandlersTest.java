package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Settlement;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Other handlers for a worker whose handlers run in processes. */
@Timeout(120)
final class WorkerReplacedHandlersTest {
  private static final int NEVER_MS = 3_600_000;

  private final FakeMaster master = new FakeMaster();
  private Worker worker;

  abstract static class Version implements TaskHandler<Integer> {
    @Override
    public String name() {
      return "version";
    }

    @Override
    public Codec<Integer> payload() {
      return Codecs.json(Integer.class);
    }
  }

  /** Odd tasks wait until they are called off. */
  public static final class First extends Version {
    @Override
    public Object run(Integer n, TaskContext context) throws InterruptedException {
      if (n % 2 == 1) {
        CountDownLatch stopped = new CountDownLatch(1);
        context.onCancel(stopped::countDown);
        context.log("runs");
        stopped.await();
      }
      return "first";
    }
  }

  public static final class Second extends Version {
    @Override
    public Object run(Integer n, TaskContext context) {
      return "second";
    }
  }

  public static final class Broken extends Version {
    static {
      if (System.getenv("MUSTER_CHILD_ID") != null) {
        throw new IllegalStateException("not in a process of its own");
      }
    }

    @Override
    public Object run(Integer n, TaskContext context) {
      return "never";
    }
  }

  public static final class Other extends Version {
    @Override
    public String name() {
      return "other";
    }

    @Override
    public Object run(Integer n, TaskContext context) {
      return "other";
    }
  }

  @BeforeEach
  void start() throws InterruptedException {
    worker =
        master.start(
            master
                .worker()
                .isolation(Isolation.PROCESS)
                .children(ChildOptions.standard().heap(64 << 20))
                .handler(new First()));
    master.welcome(false, 0);
    assertThat(result("version", 2)).isEqualTo("\"first\"");
  }

  @AfterEach
  void close() {
    master.close();
  }

  private String result(String handler, long id) throws InterruptedException {
    master.offer(handler, id);
    Settlement settlement = master.settle();
    assertThat(settlement.getCompletedIdsList()).as("%s", settlement).containsExactly(id);
    return settlement.getResults(0).toStringUtf8();
  }

  @Test
  void shouldRunTheNextTaskWithTheNewHandlers() throws InterruptedException {
    worker.replaceHandlers(List.of(new Second(), new Other()));
    assertThat(master.welcome(true, 1).getHello().getHandlersList())
        .containsExactly("other", "version");
    assertThat(result("version", 4)).isEqualTo("\"second\"");
    assertThat(result("other", 6)).isEqualTo("\"other\"");
  }

  @Test
  void shouldLetATaskThatRunsGoOnWithTheHandlerThatItHas() throws InterruptedException {
    master.offer("version", 3);
    var unused = master.await(f -> f.getLogLinesCount() > 0);
    worker.replaceHandlers(List.of(new Second()));
    master.stop(3, NEVER_MS, NEVER_MS);
    Settlement settlement = master.settle();
    assertThat(settlement.getResults(0).toStringUtf8()).isEqualTo("\"first\"");
    assertThat(result("version", 4)).isEqualTo("\"second\"");
  }

  @Test
  void shouldKeepTheHandlersWhenTheNewOnesCannotBeLoaded() throws InterruptedException {
    assertThatThrownBy(() -> worker.replaceHandlers(List.of(new Broken(), new Other())))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(Broken.class.getName() + " cannot be");
    assertThat(result("version", 4)).isEqualTo("\"first\"");
  }
}
