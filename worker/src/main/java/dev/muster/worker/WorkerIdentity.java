package dev.muster.worker;

import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.Version;
import dev.muster.proto.v1.Hello;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Collection;
import java.util.Map;

/** What a worker says about itself in its hello. */
final class WorkerIdentity {
  private WorkerIdentity() {}

  /**
   * Complete but for session, credit and what it holds.
   *
   * @param slots in all; 0: as many as its first credit
   */
  static Hello of(
      String name,
      Collection<String> queues,
      Collection<String> handlers,
      Map<String, String> labels,
      int slots) {
    if (queues.isEmpty() || queues.size() > Limits.WORKER_QUEUES_MAX) {
      throw new InvalidInputException(
          "a worker must serve 1 to "
              + Limits.WORKER_QUEUES_MAX
              + " queues, found "
              + queues.size()
              + ": name them with queue(...)");
    }
    return Hello.newBuilder()
        .setName(name)
        .setHost(host())
        .setPid(ProcessHandle.current().pid())
        .setClient("muster-java/" + Version.current())
        .addAllQueues(queues)
        .addAllHandlers(handlers)
        .putAllLabels(labels)
        .setSlots(slots)
        .build();
  }

  /** "name@host:pid". */
  static String text(String name) {
    return name + "@" + host() + ":" + ProcessHandle.current().pid();
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown"; // for people only
    }
  }
}
