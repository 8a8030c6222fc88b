package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Failure;
import java.lang.reflect.Method;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The threads that handlers run on, and what is done on each before its first task. */
@Timeout(60)
final class WorkerThreadsTest {
  private final FakeMaster master = new FakeMaster();
  private final AtomicInteger initialized = new AtomicInteger();
  private final ThreadLocal<Integer> own = new ThreadLocal<>();

  @AfterEach
  void close() {
    master.close();
  }

  @Test
  void shouldInitializeEachSlotsThreadOnce() throws InterruptedException {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    CountDownLatch all = new CountDownLatch(4);
    CyclicBarrier both = new CyclicBarrier(2); // so that each slot runs one of the two
    master.start(
        master
            .worker()
            .slots(2)
            .initializer(() -> own.set(initialized.incrementAndGet()))
            .handle(
                "own",
                Integer.class,
                n -> {
                  both.await();
                  seen.add(own.get());
                  all.countDown();
                  return n;
                }));
    master.welcome(false, 0);
    master.offer("own", 1, 2);
    master.offer("own", 3, 4);
    master.settleAll();
    all.await();
    assertThat(seen).containsExactlyInAnyOrder(1, 2);
    assertThat(initialized).hasValue(2);
  }

  @Test
  void shouldFailTasksWhileAnInitializerFailsAndTryItAgain() throws InterruptedException {
    AtomicInteger calls = new AtomicInteger();
    master.start(
        master
            .worker()
            .initializer(
                () -> {
                  if (calls.incrementAndGet() <= 2) {
                    throw new IllegalStateException("no model " + calls.get());
                  }
                })
            .handle("run", Integer.class, n -> calls.get()));
    master.welcome(false, 0);
    master.offer("run", 1); // the first call was before it
    Failure failure = master.settle().getFailed(0).getFailure();
    assertThat(failure.getMessage())
        .isEqualTo("an initializer failed, so no task can run here: no model 2");
    assertThat(failure.getKind()).isEqualTo("java.lang.IllegalStateException");
    assertThat(failure.getRetryable()).isTrue();
    master.offer("run", 2);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("3");
    master.offer("run", 3);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("3");
  }

  @Test
  void shouldInitializeHandlersThatWantIt() throws InterruptedException {
    master.start(master.worker().handler(new Counting()));
    master.welcome(false, 0);
    master.offer("counting", 1, 2);
    assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("1");
    master.settleAll();
  }

  private final class Counting implements TaskHandler<Integer> {
    @Override
    public String name() {
      return "counting";
    }

    @Override
    public Codec<Integer> payload() {
      return Codecs.json(Integer.class);
    }

    @Override
    public void initialize() {
      initialized.incrementAndGet();
    }

    @Override
    public Object run(Integer n, TaskContext context) {
      return initialized.get();
    }
  }

  @Test
  void shouldUseVirtualThreadsWhereJavaHasThem() throws InterruptedException {
    master.start(
        master
            .worker()
            .isolation(Isolation.VIRTUAL)
            .handle("kind", Integer.class, n -> isVirtual() + " " + name()));
    master.welcome(false, 0);
    master.offer("kind", 1);
    assertThat(master.settle().getResults(0).toStringUtf8())
        .isEqualTo("\"" + (Runtime.version().feature() >= 21) + " worker-slot-1\"");
  }

  /**
   * More than the threads of the system that Java lends to waiting virtual threads at most, 256.
   */
  @Test
  void shouldRunTasksBesideMoreIdleVirtualSlotsThanThereAreThreads() throws InterruptedException {
    assumeTrue(Runtime.version().feature() >= 21, "virtual threads need Java 21 or newer");
    master.start(
        master
            .worker()
            .isolation(Isolation.VIRTUAL)
            .slots(1_000)
            .handle(
                "park",
                Integer.class,
                n -> {
                  for (int i = 0; i < n; i++) {
                    LockSupport.parkNanos(1); // leaves its thread, and needs one again
                  }
                  return isVirtual();
                }));
    master.welcome(false, 0);
    for (int task = 1; task <= 10; task++) {
      master.offer("park", 1_000);
      assertThat(master.settle().getResults(0).toStringUtf8()).isEqualTo("true");
    }
  }

  private static String name() {
    return Thread.currentThread().getName();
  }

  /** By reflection: Java 17 has no such method. */
  private static boolean isVirtual() {
    try {
      Method method = Thread.class.getMethod("isVirtual");
      return (boolean) method.invoke(Thread.currentThread());
    } catch (ReflectiveOperationException none) {
      return false;
    }
  }
}
