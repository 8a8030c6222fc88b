package dev.muster.client.pool;

import dev.muster.common.MusterException;

/**
 * A map that {@linkplain MapOptions#mustBeNew must be new} was given the name of one that has
 * begun.
 */
public final class MapNameTakenException extends MusterException {
  private static final long serialVersionUID = 1L;

  private final long delivered;

  MapNameTakenException(String name, long delivered) {
    super(
        "map "
            + name
            + " has begun before, and "
            + delivered
            + " of its items are delivered: resume it, forget it, or choose another name");
    this.delivered = delivered;
  }

  /** How many items of the map that has the name are delivered. */
  public long delivered() {
    return delivered;
  }

  @Override
  public int exitCode() {
    return 2;
  }
}
