package dev.muster.worker;

import java.lang.reflect.Method;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The threads of a worker's slots, named and numbered from 1. */
final class SlotThreads {
  private SlotThreads() {}

  static ThreadFactory of(Isolation isolation, String worker) {
    String prefix = worker + "-slot-";
    ThreadFactory virtual = isolation == Isolation.VIRTUAL ? virtual(prefix) : null;
    return virtual == null ? platform(prefix) : virtual;
  }

  private static ThreadFactory platform(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** By reflection, as they came with Java 21; null: this Java has none. */
  private static @Nullable ThreadFactory virtual(String prefix) {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      Method name = type.getMethod("name", String.class, long.class);
      return (ThreadFactory) type.getMethod("factory").invoke(name.invoke(builder, prefix, 1L));
    } catch (ReflectiveOperationException | UnsupportedOperationException none) {
      return null; // before 21, or 19 and 20 without preview features
    }
  }
}
