package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.Muster;
import dev.muster.client.TaskEnd;
import dev.muster.common.AuthKey;
import dev.muster.proto.v1.TaskState;
import dev.muster.worker.Worker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A real master, a client of it, and what tests of a task's life do with both. */
final class FeatureRig implements AutoCloseable {
  static final Duration PATIENCE = JarProcess.PATIENCE;
  static final String CONNECTED = "muster worker is connected";

  private final MasterProcess master;
  private final AuthKey key;
  private final Muster muster;

  private FeatureRig(MasterProcess master, AuthKey key) {
    this.master = master;
    this.key = key;
    this.muster = Muster.connect(master.address(), key);
  }

  static FeatureRig start(Path data) {
    String key = MasterProcess.newKey();
    return new FeatureRig(MasterProcess.start(data, key), AuthKey.of(key));
  }

  Muster muster() {
    return muster;
  }

  MasterProcess master() {
    return master;
  }

  /** A worker in this JVM, to be given handlers. */
  Worker.Builder worker(String queue) {
    return Worker.connect(master.address(), key).queue(queue);
  }

  /** A worker process. */
  JarProcess workerProcess(String queue, String... more) {
    return JarProcess.start(
        master.environment(),
        Stream.concat(Stream.of("worker", "--queue", queue), Stream.of(more))
            .toArray(String[]::new));
  }

  /** What a command prints that succeeds. */
  String run(String... args) {
    CommandRun run = master.run(args);
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
    TaskEnd<Object> end = muster.results().awaitAny(List.of(id), Object.class, PATIENCE);
    return end.state();
  }

  <T> T result(long id, Class<T> type) {
    return muster.results().await(id, type, PATIENCE);
  }

  TaskState state(long id) {
    return muster.task(id).getState();
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
    muster.close();
    master.close();
  }
}
