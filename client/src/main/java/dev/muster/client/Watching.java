package dev.muster.client;

import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WatchRequest;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What is still missing of the tasks that one caller watches, over as many calls as it takes. A new
 * call sends the kept parts again: those that came already are left out. For one thread.
 */
final class Watching {
  private final Set<Long> running;
  private final Map<Long, PartialResult> lastParts = new HashMap<>();
  private final Consumer<WatchReply> consumer;

  Watching(Collection<Long> ids, Consumer<WatchReply> consumer) {
    this.running = new LinkedHashSet<>(ids);
    this.consumer = consumer;
  }

  /** The next call; empty when all tasks have ended. */
  Optional<WatchRequest> missing() {
    return running.isEmpty()
        ? Optional.empty()
        : Optional.of(WatchRequest.newBuilder().addAllIds(running).build());
  }

  void reply(WatchReply reply) {
    if (isNew(reply)) {
      consumer.accept(reply);
    }
  }

  private boolean isNew(WatchReply reply) {
    return switch (reply.getWhatCase()) {
      case PROGRESS, LOG -> true;
      case PARTIAL -> isNew(reply.getPartial());
      case ENDED -> running.remove(reply.getEnded().getId());
      case WHAT_NOT_SET -> false; // from a newer master: nothing that this library could say
    };
  }

  private boolean isNew(PartialResult part) {
    PartialResult last = lastParts.get(part.getId());
    if (last != null
        && last.getToken() == part.getToken()
        && part.getNumber() <= last.getNumber()) {
      return false;
    }
    lastParts.put(part.getId(), part.toBuilder().clearValue().build());
    return true;
  }
}
