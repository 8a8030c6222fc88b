package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueRequest;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the tasks of one request. Where the request says each key once, tasks with the same
 * keys share one object, and are not looked for one by one.
 */
final class RequestKeys {
  private final EnqueueRequest request;

  /**
   * By group, or by tenant where there are no groups; empty: the request has a key for each task.
   */
  private final Task.@Nullable Keys[] shared;

  RequestKeys(EnqueueRequest request) {
    this.request = request;
    int groups = request.getGroupIndexesCount() == 0 ? 0 : request.getGroupsCount();
    int tenants = request.getTenantIndexesCount() == 0 ? 0 : request.getTenantsCount();
    boolean isShared = groups > 0 || (request.getGroupsCount() == 0 && tenants > 0);
    this.shared = new Task.@Nullable Keys[isShared ? Math.max(groups, tenants) : 0];
  }

  /**
   * Of the task of one payload.
   *
   * @param unique its unique key in its stored form; empty: none
   */
  Task.Keys of(int payload, ByteString unique) {
    String group = group(payload);
    String tenant = tenant(payload);
    if (shared.length == 0 || !unique.isEmpty()) {
      return group.isEmpty() && tenant.isEmpty() && unique.isEmpty()
          ? Task.Keys.NONE
          : new Task.Keys(group, tenant, unique);
    }
    int place =
        request.getGroupIndexesCount() > 0
            ? request.getGroupIndexes(payload)
            : request.getTenantIndexes(payload);
    Task.Keys keys = shared[place];
    if (keys == null || !keys.are(group, tenant)) {
      keys = new Task.Keys(group, tenant, ByteString.EMPTY);
      shared[place] = keys;
    }
    return keys;
  }

  private String group(int payload) {
    if (request.getGroupIndexesCount() > 0) {
      return request.getGroups(request.getGroupIndexes(payload));
    }
    return payload < request.getGroupsCount() ? request.getGroups(payload) : "";
  }

  private String tenant(int payload) {
    if (request.getTenantIndexesCount() > 0) {
      return request.getTenants(request.getTenantIndexes(payload));
    }
    return payload < request.getTenantsCount() ? request.getTenants(payload) : "";
  }
}
