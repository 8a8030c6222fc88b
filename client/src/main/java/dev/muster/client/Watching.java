package dev.muster.client;

import dev.muster.common.MusterException;
import dev.muster.proto.v1.WatchReply;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks that are being watched, until all have ended or this is closed. It connects again by
 * itself. Thread-safe.
 */
public final class Watching implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watching.class);

  private final WatchReplies replies;
  private final WatchListener listener;
  private final CompletableFuture<Void> done = new CompletableFuture<>();

  Watching(WatchReplies replies, WatchListener listener) {
    this.replies = replies;
    this.listener = listener;
  }

  /** Starts the thread; it ends with the watching. */
  Watching start() {
    Thread thread = new Thread(this::run, "muster-watch");
    thread.setDaemon(true);
    thread.start();
    return this;
  }

  private void run() {
    try {
      for (WatchReply reply = replies.next(); reply != null; reply = replies.next()) {
        tell(reply);
      }
      done.complete(null);
    } catch (InterruptedException e) {
      done.completeExceptionally(new MusterException("interrupted while tasks were watched"));
    } catch (RuntimeException e) { // of the master, or the listener's own: nobody else sees it
      LOG.debug("watching ended: {}", e.toString());
      done.completeExceptionally(e);
    } finally {
      replies.close();
    }
  }

  private void tell(WatchReply reply) {
    switch (reply.getWhatCase()) {
      case PROGRESS -> listener.progress(reply.getProgress());
      case LOG -> listener.log(reply.getLog());
      case PARTIAL -> listener.partial(reply.getPartial());
      case ENDED -> listener.ended(reply.getEnded());
      case WHAT_NOT_SET -> {}
    }
  }

  /**
   * Completes when all tasks have ended, or this was closed; fails with a {@link MusterException}
   * when the master refuses or is away for longer than the client's request time-out (default 60
   * s), or with what the listener threw. What depends on it runs on the watching's thread.
   */
  public CompletableFuture<Void> done() {
    return done.copy();
  }

  /** Ends the watching, not the tasks; a call that is under way comes to its end. */
  @Override
  public void close() {
    replies.close();
  }
}
