package dev.muster.client;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import java.nio.charset.StandardCharsets;

/**
 * The keys of one task; an empty text is none. What a {@link TaskQueue} has as its own holds for
 * tasks without such a key.
 *
 * @param group tasks of one group run one at a time, in the order in which they were added; at most
 *     255 bytes
 * @param tenant who shares the queue's workers with others by weight, and may have limits; at most
 *     255 bytes
 * @param unique while a task with the same key is known, no other is added; at most 255 bytes
 */
public record TaskKeys(String group, String tenant, String unique) {
  static final TaskKeys NONE = new TaskKeys("", "", "");

  public TaskKeys {
    check("group key", group);
    check("tenant key", tenant);
    check("unique key", unique);
  }

  /** None. */
  public static TaskKeys none() {
    return NONE;
  }

  /** Only a group. */
  public static TaskKeys ofGroup(String group) {
    return new TaskKeys(group, "", "");
  }

  /** Only a tenant. */
  public static TaskKeys ofTenant(String tenant) {
    return new TaskKeys("", tenant, "");
  }

  /** Only a unique key. */
  public static TaskKeys ofUnique(String unique) {
    return new TaskKeys("", "", unique);
  }

  /** The same with another group. */
  public TaskKeys withGroup(String changed) {
    return new TaskKeys(changed, tenant, unique);
  }

  /** The same with another tenant. */
  public TaskKeys withTenant(String changed) {
    return new TaskKeys(group, changed, unique);
  }

  /** The same with another unique key. */
  public TaskKeys withUnique(String changed) {
    return new TaskKeys(group, tenant, changed);
  }

  boolean isNone() {
    return group.isEmpty() && tenant.isEmpty() && unique.isEmpty();
  }

  /** These, and where there is none the others'. */
  TaskKeys or(TaskKeys others) {
    if (others.isNone()) {
      return this;
    }
    if (isNone()) {
      return others;
    }
    return new TaskKeys(
        group.isEmpty() ? others.group : group,
        tenant.isEmpty() ? others.tenant : tenant,
        unique.isEmpty() ? others.unique : unique);
  }

  /** No less than they take in a request, bytes. */
  int bytesAtMost() {
    return 3 * (group.length() + tenant.length() + unique.length()); // of UTF-8: 3 for a character
  }

  private static void check(String what, String key) {
    int bytes = key.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > Limits.NAME_BYTES_MAX) {
      throw new InvalidInputException(
          what + " must have at most " + Limits.NAME_BYTES_MAX + " bytes, found " + bytes);
    }
  }
}
