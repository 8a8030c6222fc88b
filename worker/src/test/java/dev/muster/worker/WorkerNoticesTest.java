package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.MusterException;
import io.grpc.Status;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever listens to a worker's notices neither holds it up nor brings it down. */
@Timeout(60)
final class WorkerNoticesTest {
  private final FakeMaster master = new FakeMaster();
  private final BlockingQueue<String> notices = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    master.close();
  }

  private Worker start(boolean throwing) {
    return master.start(
        master
            .worker()
            .handle("square", Integer.class, n -> n * n)
            .onNotice(
                notice -> {
                  notices.add(notice);
                  if (throwing) {
                    throw new IllegalStateException("the listener's own fault");
                  }
                }));
  }

  @Test
  void shouldGoOnWhenAListenerThrows() throws InterruptedException {
    start(true);
    var unused = master.welcome(false, 0);
    assertThat(notices.take()).isEqualTo(Worker.CONNECTED);
    master.breakStream();
    unused = master.welcome(true, 0);
    master.offer("square", 3);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("9");
  }

  @Test
  void shouldSayThatItHasEndedWhenTheMasterRefusesIt() throws InterruptedException {
    Worker worker = start(false);
    var unused = master.welcome(false, 0);
    assertThat(notices.take()).isEqualTo(Worker.CONNECTED);
    master.breakStream(Status.PERMISSION_DENIED.withDescription("not any more"));
    assertThat(notices.take()).startsWith("ended: ").contains("not any more");
    assertThatThrownBy(worker::awaitTermination)
        .isInstanceOf(MusterException.class)
        .hasMessageContaining("not any more");
  }
}
