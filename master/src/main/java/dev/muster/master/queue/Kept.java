package dev.muster.master.queue;

/** Finished tasks of one kind that a queue keeps for a while, the oldest first. */
final class Kept {
  final Lane lane;

  /** What they hold, bytes, estimated. */
  private long bytes;

  Kept(Lane lane, long bytes) {
    this.lane = lane;
    this.bytes = bytes;
  }

  long size() {
    return lane.size();
  }

  long bytes() {
    return bytes;
  }

  /** Adds a finished task at the end; its lane and position are set. */
  void append(Task task, Generation current) {
    bytes += task.memoryBytes();
    lane.append(task, current);
  }

  /**
   * One of them was touched, and stays where it is: what is in memory of it may be another object.
   */
  void changed(Task task) {
    lane.changed(task);
  }

  /** What one of them costs has changed by so much. */
  void grew(int moreBytes) {
    bytes += moreBytes;
  }

  /** Takes one out, wherever it is. */
  void remove(Task task) {
    bytes -= task.memoryBytes();
    lane.remove(task);
  }
}
