package dev.muster.cli;

import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.worker.TaskContext;
import dev.muster.worker.TaskHandler;
import java.math.BigInteger;

/** The task of Python's original: squares a number and shows how, e.g. {@code 12 * 12 = 144}. */
final class SquareHandler implements TaskHandler<BigInteger> {
  static final String NAME = "square";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Codec<BigInteger> payload() {
    return Codecs.json(BigInteger.class);
  }

  @Override
  public Object run(BigInteger n, TaskContext context) {
    return n + " * " + n + " = " + n.multiply(n);
  }
}
