package dev.muster.client;

import com.google.protobuf.ByteString;

/**
 * A task that is not added yet: payload, and all that its {@link TaskQueue} says. For {@link
 * TaskGraph}. Immutable.
 */
public final class NewTask {
  private final TaskSpec spec;
  private final ByteString payload;

  NewTask(TaskSpec spec, ByteString payload) {
    this.spec = spec;
    this.payload = payload;
  }

  TaskSpec spec() {
    return spec;
  }

  ByteString payload() {
    return payload;
  }

  /** What people call it: its handler, or else its queue. */
  String name() {
    String handler = spec.options().getHandler();
    return handler.isEmpty() ? spec.queue() : handler;
  }
}
