package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.WorkerFrame;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A worker that gets other handlers while it runs. */
@Timeout(60)
final class WorkerHandlersTest {
  private final FakeMaster master = new FakeMaster();

  @AfterEach
  void close() {
    master.close();
  }

  @Test
  void shouldRunTasksWithNewHandlersAndLetOldOnesFinish() throws InterruptedException {
    // given
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    Worker worker =
        master.start(
            master
                .worker()
                .slots(2)
                .handle(
                    "wait",
                    Integer.class,
                    n -> {
                      began.countDown();
                      release.await();
                      return n;
                    }));
    var unused = master.welcome(false, 0);
    master.offer("wait", 9);
    began.await(); // The word that it started goes before its handler is looked up.
    // when
    worker.replaceHandlers(List.of(new Named("wait", "new"), new Named("more", "more")));
    // then
    WorkerFrame hello = master.welcome(true, 0);
    assertThat(hello.getHello().getHandlersList()).containsExactly("more", "wait");
    assertThat(hello.getHello().getHeldIdsList()).containsExactly(9L);
    master.offer("wait", 10);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("\"new\"");
    release.countDown();
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("9");
  }

  @Test
  void shouldKeepItsHandlersWhenTheNewOnesShareAName() throws InterruptedException {
    Worker worker = master.start(master.worker().handle("square", Integer.class, n -> n * n));
    var unused = master.welcome(false, 0);
    assertThatThrownBy(
            () -> worker.replaceHandlers(List.of(new Named("a", "1"), new Named("a", "2"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("\"a\" is given twice");
    master.offer("square", 3);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("9");
  }

  private record Named(String name, String result) implements TaskHandler<Integer> {
    @Override
    public Codec<Integer> payload() {
      return Codecs.json(Integer.class);
    }

    @Override
    public Object run(Integer n, TaskContext context) {
      return result;
    }
  }
}
