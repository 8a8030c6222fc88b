package dev.muster.worker;

import io.grpc.Channel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a running task uses of its worker.
 *
 * @param reports takes what tasks say of themselves
 * @param inputs what the tasks came to that one depends on
 * @param aside runs timed steps and callbacks
 * @param notices told what a person should know
 * @param draining set when the worker is about to go, for good
 */
record TaskServices(
    Reports reports,
    InputsSource inputs,
    SideThreads aside,
    Consumer<String> notices,
    AtomicBoolean draining) {
  /** Of a worker that does not drain yet. */
  TaskServices(Reports reports, InputsSource inputs, SideThreads aside, Consumer<String> notices) {
    this(reports, inputs, aside, notices, new AtomicBoolean());
  }

  /**
   * @param channels the way to the master; may wait
   */
  TaskServices(
      Reports reports, Supplier<Channel> channels, SideThreads aside, Consumer<String> notices) {
    this(reports, task -> new InputsCall(channels, task).fetch(), aside, notices);
  }
}
