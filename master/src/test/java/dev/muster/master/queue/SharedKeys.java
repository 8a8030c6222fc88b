package dev.muster.master.queue;

import dev.muster.proto.v1.EnqueueRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The two ways in which a request says the keys of its tasks: one for each, or each once. */
public final class SharedKeys {
  private SharedKeys() {}

  /** The same request, which says each group and each tenant once. */
  public static EnqueueRequest sayOnce(EnqueueRequest request) {
    EnqueueRequest.Builder shared = request.toBuilder().clearGroups().clearTenants();
    List<String> groups = once(request.getGroupsList());
    List<String> tenants = once(request.getTenantsList());
    shared.addAllGroups(groups).addAllTenants(tenants);
    request.getGroupsList().forEach(group -> shared.addGroupIndexes(groups.indexOf(group)));
    request.getTenantsList().forEach(tenant -> shared.addTenantIndexes(tenants.indexOf(tenant)));
    return shared.build();
  }

  /** Not in the order in which they come. */
  private static List<String> once(List<String> keys) {
    List<String> once = new ArrayList<>(keys.stream().distinct().toList());
    Collections.reverse(once);
    return once;
  }

  static String group(EnqueueRequest request, int payload) {
    return key(request.getGroupsList(), request.getGroupIndexesList(), payload);
  }

  static String tenant(EnqueueRequest request, int payload) {
    return key(request.getTenantsList(), request.getTenantIndexesList(), payload);
  }

  private static String key(List<String> keys, List<Integer> indexes, int payload) {
    if (keys.isEmpty()) {
      return "";
    }
    return keys.get(indexes.isEmpty() ? payload : indexes.get(payload));
  }
}
