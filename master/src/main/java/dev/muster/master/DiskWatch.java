package dev.muster.master;

import dev.muster.master.queue.Outcome;
import dev.muster.master.rpc.Admission;
import dev.muster.proto.v1.RefusalReason;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses new tasks before the disk is full, so that what is accepted can still be finished, and
 * its results written. Thread-safe.
 */
final class DiskWatch implements Admission {
  private static final Logger LOG = LoggerFactory.getLogger(DiskWatch.class);

  private final FreeSpace space;
  private final long floorBytes;
  private final Consumer<Throwable> onBroken;
  private volatile Outcome.@Nullable Refused refusal;

  /**
   * @param space bytes free where the data is
   * @param floorBytes new tasks are refused below this
   */
  DiskWatch(FreeSpace space, long floorBytes, Consumer<Throwable> onBroken) {
    this.space = space;
    this.floorBytes = floorBytes;
    this.onBroken = onBroken;
  }

  /** Looks again. Called several times a second. */
  void tick() {
    try {
      long free = space.bytes();
      boolean was = refusal != null;
      refusal = free < floorBytes ? full(free) : null;
      if (was != (refusal != null)) {
        LOG.warn(
            refusal == null
                ? "{} bytes free on the data disk, the floor is {}: taking new tasks again"
                : "{} bytes free on the data disk, the floor is {}: refusing new tasks",
            free,
            floorBytes);
      }
    } catch (IOException e) {
      onBroken.accept(e);
    }
  }

  private Outcome.Refused full(long free) {
    return new Outcome.Refused(
        RefusalReason.REFUSAL_REASON_DISK_FULL,
        "the master's disk has "
            + free
            + " bytes free and keeps "
            + floorBytes
            + " for what it has accepted: free some space, or take tasks out");
  }

  @Override
  public Outcome.@Nullable Refused refusal() {
    return refusal;
  }

  /** Where the figure comes from. */
  interface FreeSpace {
    long bytes() throws IOException;
  }
}
