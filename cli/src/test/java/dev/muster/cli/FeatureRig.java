package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Muster;
import dev.muster.client.TaskEnd;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.TaskState;
import dev.muster.worker.Worker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real master, a client of it, and what tests of a task's life do with both. Of one test, by
 * {@link #start}, or of all tests of a class, by {@link #ofAllTests}.
 */
final class FeatureRig implements AutoCloseable, BeforeAllCallback, AfterAllCallback {
  static final Duration PATIENCE = JarProcess.PATIENCE;
  static final String CONNECTED = "muster worker is connected";

  private @Nullable Running running;
  private @Nullable Path ownFolder;

  private record Running(MasterProcess master, AuthKey key, Muster muster) {
    static Running start(Path data) {
      String text = MasterProcess.newKey();
      AuthKey key = AuthKey.of(text);
      MasterProcess master = MasterProcess.start(data, text);
      return new Running(master, key, Muster.connect(master.address(), key));
    }
  }

  private FeatureRig(@Nullable Running running) {
    this.running = running;
  }

  static FeatureRig start(Path data) {
    return new FeatureRig(Running.start(data));
  }

  /** A static field with {@code @RegisterExtension}: runs while the tests of its class do. */
  static FeatureRig ofAllTests() {
    return new FeatureRig(null);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    Path folder = Files.createTempDirectory("muster-it-");
    ownFolder = folder;
    running = Running.start(folder.resolve("data"));
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    if (running != null) {
      close();
      running.master().process().kill(); // waits: it writes until it is gone
    }
    if (ownFolder != null) {
      try (Stream<Path> files = Files.walk(ownFolder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private Running running() {
    if (running == null) {
      throw new IllegalStateException("the master runs only while tests do");
    }
    return running;
  }

  Muster muster() {
    return running().muster();
  }

  MasterProcess master() {
    return running().master();
  }

  /** A worker in this JVM, to be given handlers. */
  Worker.Builder worker(String queue) {
    return Worker.connect(master().address(), running().key()).queue(queue);
  }

  /** A worker process. */
  JarProcess workerProcess(String queue, String... more) {
    return JarProcess.start(
        master().environment(),
        Stream.concat(Stream.of("worker", "--queue", queue), Stream.of(more))
            .toArray(String[]::new));
  }

  /** What a command prints that succeeds. */
  String run(String... args) {
    CommandRun run = master().run(args);
    assertThat(run.err()).as(String.join(" ", args)).isEmpty();
    assertThat(run.exitCode()).isZero();
    return run.out().strip();
  }

  /** Puts one task; returns its id. */
  long put(String queue, String... more) {
    return Long.parseUnsignedLong(
        run(
            Stream.concat(Stream.of("put", "--queue", queue), Stream.of(more))
                .toArray(String[]::new)));
  }

  /** How a task ends. */
  TaskState end(long id) {
    TaskEnd<Object> end = muster().results().awaitAny(List.of(id), Object.class, PATIENCE);
    return end.state();
  }

  <T> T result(long id, Class<T> type) {
    return muster().results().await(id, type, PATIENCE);
  }

  TaskState state(long id) {
    return muster().task(id).getState();
  }

  /** For what nobody tells: looks again and again. */
  static void until(String expected, BooleanSupplier reached) {
    long endNanos = System.nanoTime() + PATIENCE.toNanos();
    while (!reached.getAsBoolean()) {
      assertThat(System.nanoTime()).as(expected).isLessThan(endNanos);
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  @Override
  public void close() {
    muster().close();
    master().close();
  }
}
