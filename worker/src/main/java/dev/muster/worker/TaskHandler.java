package dev.muster.worker;

import dev.muster.common.codec.Codec;
import org.jspecify.annotations.Nullable;

/**
 * A handler that {@code muster worker --classpath my.jar} finds by {@link java.util.ServiceLoader}:
 * name the class in {@code META-INF/services/dev.muster.worker.TaskHandler}, and give it a public
 * constructor without parameters.
 *
 * <pre>{@code
 * public final class Square implements TaskHandler<Integer> {
 *   public String name() { return "square"; }
 *   public Codec<Integer> payload() { return Codecs.json(Integer.class); }
 *   public Object run(Integer n, TaskContext context) { return n * n; }
 * }
 * }</pre>
 *
 * @param <T> the payload
 */
public interface TaskHandler<T> {
  /** What tasks call it; at most 255 bytes. */
  String name();

  /** How payloads are read. */
  Codec<T> payload();

  /**
   * Called once on each slot's thread, or in each process when handlers have some of their own,
   * before its first task: for what a thread keeps, as a {@link ThreadLocal} does. When it throws,
   * tasks fail with its reason, and it is called again.
   */
  default void initialize() throws Exception {}

  /** Does the work: see {@link Handler#apply}. Called by many slots at the same time. */
  @Nullable Object run(T payload, TaskContext context) throws Exception;
}
