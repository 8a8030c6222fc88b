package dev.muster.bench;

import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.worker.TaskContext;
import dev.muster.worker.TaskHandler;

/** Answers with the machine's clock, ns. Public, as a process of handlers makes one of its own. */
public final class ClockHandler implements TaskHandler<Integer> {
  /** For a process of handlers. */
  public ClockHandler() {}

  @Override
  public String name() {
    return "clock";
  }

  @Override
  public Codec<Integer> payload() {
    return Codecs.json(Integer.class);
  }

  @Override
  public Object run(Integer n, TaskContext context) {
    return System.nanoTime();
  }
}
