package dev.muster.worker;

/** Tells what the handler of a running task does, where that is not its slot's thread. */
@FunctionalInterface
interface StackSource {
  /**
   * The stacks of the handler's threads, for people; what is beyond 64 KiB is cut off. Empty: it
   * has ended. May wait for a second or two: a thread of its own calls it. Any thread, while the
   * task runs or shortly after.
   */
  String stack();
}
