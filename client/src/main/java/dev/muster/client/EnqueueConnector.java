package dev.muster.client;

import dev.muster.client.retry.Backoff;
import dev.muster.client.retry.RpcFailures;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import io.grpc.Channel;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the enqueue stream when it is needed, again and again with growing waits. One thread of its
 * own, because authenticating may block. What trying again cannot change (a wrong key, a request
 * that breaks the protocol) fails what waits; everything else is left to the callers' deadlines.
 */
final class EnqueueConnector implements EnqueueConnection.EndListener {
  private static final Logger LOG = LoggerFactory.getLogger(EnqueueConnector.class);

  private final EnqueuePipeline pipeline;
  private final Supplier<Channel> channels;
  private final Backoff backoff;
  private volatile boolean works = true;

  EnqueueConnector(EnqueuePipeline pipeline, Supplier<Channel> channels, Backoff backoff) {
    this.pipeline = pipeline;
    this.channels = channels;
    this.backoff = backoff;
  }

  /** Starts the thread; it ends when the pipeline is closed. */
  void start() {
    Thread thread = new Thread(this::run, "muster-enqueue");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (pipeline.awaitNeed()) {
        if (works) {
          backoff.reset();
        } else {
          pipeline.pause(backoff.nextMs());
        }
        works = false;
        connect();
      }
    } catch (InterruptedException e) {
      pipeline.close();
    }
  }

  private void connect() {
    try {
      EnqueueConnection.open(channels.get(), pipeline, this);
    } catch (UnreachableException e) {
      LOG.debug("enqueue stream: {}", e.getMessage());
    } catch (MusterException e) { // a wrong key, another protocol: no attempt will change it
      pipeline.fail(e, true);
    }
  }

  @Override
  public void ended(EnqueueConnection connection, Throwable reason, boolean hadReply) {
    LOG.debug("enqueue stream ended: {}", reason.toString());
    works = hadReply;
    if (!RpcFailures.isRetryable(reason)) {
      pipeline.fail(RpcFailures.of(reason), false);
    }
    pipeline.disconnected(connection);
  }
}
