package dev.muster.worker;

import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MonitorInfo;
import java.lang.management.ThreadInfo;
import org.jspecify.annotations.Nullable;

/** The stack of a thread as text, and of the one that holds the lock that it waits for. */
final class ThreadStack {
  private ThreadStack() {}

  static String of(Thread thread) {
    StringBuilder text = new StringBuilder();
    ThreadInfo info = info(thread.getId());
    if (info == null) { // a virtual thread, or it has ended
      line(text, thread.getName(), thread.getState());
      for (StackTraceElement frame : thread.getStackTrace()) {
        frame(text, frame);
      }
      return text.toString();
    }
    write(text, info);
    ThreadInfo owner = info.getLockOwnerId() < 0 ? null : info(info.getLockOwnerId());
    if (owner != null) {
      text.append("\nwhich waits for a lock that this one holds:\n");
      write(text, owner);
    }
    return text.toString();
  }

  private static @Nullable ThreadInfo info(long thread) {
    return ManagementFactory.getThreadMXBean().getThreadInfo(new long[] {thread}, true, true)[0];
  }

  private static void write(StringBuilder text, ThreadInfo info) {
    line(text, info.getThreadName(), info.getThreadState());
    StackTraceElement[] frames = info.getStackTrace();
    LockInfo wanted = info.getLockInfo();
    for (int i = 0; i < frames.length; i++) {
      frame(text, frames[i]);
      if (i == 0 && wanted != null) {
        text.append("    - waits for ").append(wanted).append('\n');
      }
      for (MonitorInfo held : info.getLockedMonitors()) {
        if (held.getLockedStackDepth() == i) {
          text.append("    - holds ").append(held).append('\n');
        }
      }
    }
    for (LockInfo held : info.getLockedSynchronizers()) {
      text.append("    - holds ").append(held).append('\n');
    }
  }

  /** Without class loader and module, which say little here. */
  private static void frame(StringBuilder text, StackTraceElement frame) {
    String where =
        frame.isNativeMethod()
            ? "native method"
            : frame.getFileName() == null
                ? "unknown source"
                : frame.getFileName()
                    + (frame.getLineNumber() < 0 ? "" : ":" + frame.getLineNumber());
    text.append("    at ")
        .append(frame.getClassName())
        .append('.')
        .append(frame.getMethodName())
        .append('(')
        .append(where)
        .append(")\n");
  }

  private static void line(StringBuilder text, String name, Thread.State state) {
    text.append('"').append(name).append("\" ").append(state).append('\n');
  }
}
