package dev.muster.client;

import dev.muster.common.InvalidInputException;
import dev.muster.proto.v1.PartialResult;
import dev.muster.proto.v1.TasksGrpc;
import dev.muster.proto.v1.WatchReply;
import dev.muster.proto.v1.WatchRequest;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What running tasks tell, until all of them have ended. Parts of results that come again because
 * the call was opened anew are left out. For one thread, but for {@link #close}.
 */
final class WatchReplies implements AutoCloseable {
  private static final int IDS_MAX = 1_000;

  private final Set<Long> running;
  private final Map<Long, PartialResult> lastParts = new HashMap<>();
  private final Replies<WatchRequest, WatchReply> replies;

  WatchReplies(StreamedCalls calls, Collection<Long> ids) {
    if (ids.isEmpty() || ids.size() > IDS_MAX) {
      throw new InvalidInputException(
          "1 to " + IDS_MAX + " tasks can be watched together, found " + ids.size());
    }
    running = new LinkedHashSet<>(ids);
    replies =
        calls.open(
            TasksGrpc.getWatchMethod(), () -> WatchRequest.newBuilder().addAllIds(running).build());
  }

  /** Waits for the next one; null when all have ended, or this was closed. */
  @Nullable WatchReply next() throws InterruptedException {
    while (!running.isEmpty()) {
      WatchReply reply = replies.next();
      if (reply == null) {
        return null;
      }
      if (isNews(reply)) {
        return reply;
      }
    }
    replies.close();
    return null;
  }

  private boolean isNews(WatchReply reply) {
    return switch (reply.getWhatCase()) {
      case PROGRESS, LOG -> true;
      case PARTIAL -> isNews(reply.getPartial());
      case ENDED -> running.remove(reply.getEnded().getId());
      case WHAT_NOT_SET -> false; // of a newer master
    };
  }

  /** Tokens only grow: a smaller one is of an attempt that is over. */
  private boolean isNews(PartialResult part) {
    PartialResult last = lastParts.get(part.getId());
    if (last != null) {
      int order = Long.compareUnsigned(part.getToken(), last.getToken());
      if (order < 0
          || (order == 0 && Long.compareUnsigned(part.getNumber(), last.getNumber()) <= 0)) {
        return false;
      }
    }
    // Only its place is kept: the value may be large.
    lastParts.put(part.getId(), part.toBuilder().clearValue().build());
    return true;
  }

  @Override
  public void close() {
    replies.close();
  }
}
