package dev.muster.worker;

/** Where the handlers of a worker run. */
public enum Isolation {
  /** Each slot is a thread of the worker: the default. */
  THREAD,

  /**
   * Each slot is a virtual thread of the worker, for many slots that mostly wait; on a Java without
   * virtual threads, before 21, the same as {@link #THREAD}.
   */
  VIRTUAL,

  /**
   * Each slot has a Java process of its own: a handler that ends it, crashes it or fills its memory
   * costs one task, not the worker. See {@link ChildOptions}.
   */
  PROCESS
}
