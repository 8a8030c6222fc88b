package dev.muster.master.store;

import java.util.Locale;

/**
 * Records with a key of their own, in order of key. What the keys are: see {@code records.proto}.
 */
public enum Family {
  /** Lines with something that waits or runs, but for a queue's plain ones. */
  LINES,
  /** What a queue's tenants have used, and their settings. */
  TENANTS,
  /** What is to happen when. */
  TIMERS,
  /** Unique keys that are taken. */
  UNIQUES,
  /** What the tasks that a task depends on came to. */
  INPUTS,
  /** Which tasks a task has enqueued. */
  CHILDREN,
  /** Schedules by name. */
  SCHEDULES;

  /** The name of its column family. */
  String familyName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
