package dev.muster.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class FlowTest {
  private static final long FOREVER_NS = Long.MAX_VALUE;

  @Test
  void shouldWaitForTheResultsOfAllThatWasPut() throws InterruptedException {
    Flow flow = new Flow(100, FOREVER_NS);
    AtomicInteger put = new AtomicInteger();
    AtomicInteger collected = new AtomicInteger();
    Thread producer =
        start(
            () -> {
              for (int n = flow.claim(10); n > 0; n = flow.claim(10)) {
                put.addAndGet(n);
                collected.addAndGet(n);
                flow.collected(n);
              }
            });

    Flow.Lives unused = flow.load(1_000_000);
    flow.close();
    producer.join();

    assertThat(collected).hasValue(put.get());
  }

  @Test
  void shouldHoldTheProducerBackWhileTooManyAreUnfinished() throws InterruptedException {
    Flow flow = new Flow(20, FOREVER_NS);
    AtomicInteger put = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(2);
    Thread producer =
        start(
            () -> {
              for (int n = flow.claim(10); n > 0; n = flow.claim(10)) {
                put.addAndGet(n);
                full.countDown();
              }
            });
    Thread load = start(() -> flow.load(FOREVER_NS));

    full.await();
    flow.close();
    producer.join();
    flow.fail(new IllegalStateException("over"));
    load.interrupt();
    load.join();

    assertThat(put).hasValue(20);
  }

  @Test
  void shouldEndWithTheReasonOfARoleThatFailed() {
    Flow flow = new Flow(100, FOREVER_NS);
    flow.fail(new IllegalStateException("the server is gone"));

    assertThatThrownBy(() -> flow.load(FOREVER_NS))
        .isInstanceOf(ComparisonException.class)
        .hasMessage("IllegalStateException: the server is gone");
  }

  @Test
  void shouldSayHowManyResultsAreMissingWhenNoneComes() throws InterruptedException {
    Flow flow = new Flow(100, 1);
    Thread producer = start(() -> flow.claim(10));

    assertThatThrownBy(() -> flow.load(FOREVER_NS))
        .isInstanceOf(ComparisonException.class)
        // The load gives up at once: before the producer had its turn, or after.
        .hasMessageMatching("no result for 0 s, (0|10) are missing");
    flow.close();
    producer.join();
  }

  private interface Body {
    void run() throws InterruptedException;
  }

  private static Thread start(Body body) {
    Thread thread =
        new Thread(
            () -> {
              try {
                body.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
