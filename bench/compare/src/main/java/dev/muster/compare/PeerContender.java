package dev.muster.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A peer, driven by a producer, two workers and a collector in this process. */
final class PeerContender implements Contender {
  private static final int WORKERS = 2;
  private static final long STOP_MS = 10_000;

  private final Peer peer;
  private final int batch;
  private final String id;

  private PeerContender(Peer peer, int batch, String id) {
    this.peer = peer;
    this.batch = batch;
    this.id = id;
  }

  /** With the batch that was the best of those tried. */
  static PeerContender best(Peer peer) {
    return new PeerContender(peer, peer.bestBatch(), peer.id());
  }

  /** With a batch that is tried: the lines of its turns say which. */
  static PeerContender trying(Peer peer, int batch) {
    return new PeerContender(peer, batch, peer.id() + " batch " + batch);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String name() {
    return peer.name();
  }

  @Override
  public String durability() {
    return peer.durability();
  }

  @Override
  public String driving() {
    return peer.driving(batch) + "; " + peer.client();
  }

  @Override
  public @Nullable String absence() {
    Program program = peer.program();
    return program == null ? null : program.absence();
  }

  @Override
  public String version() {
    return peer.version();
  }

  @Override
  public Turn measure(Span span) throws InterruptedException {
    try (Workplace workplace = Workplace.create()) {
      try {
        Broker broker = peer.start(workplace, batch);
        return drive(broker, span, workplace);
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        String said = e.getMessage() == null ? e.toString() : e.getMessage();
        throw new ComparisonException(said + workplace.lastLines(), e);
      }
    }
  }

  private static Turn drive(Broker broker, Span span, Workplace workplace)
      throws InterruptedException {
    Flow flow = new Flow();
    List<Thread> roles = new ArrayList<>();
    roles.add(role(flow, "collector", () -> broker.collect(flow)));
    for (int i = 1; i <= WORKERS; i++) {
      String name = "worker-" + i;
      roles.add(role(flow, name, () -> broker.work(flow, name)));
    }
    roles.add(role(flow, "producer", () -> broker.produce(flow)));
    try {
      Flow.Lives unused = flow.load(TimeUnit.SECONDS.toNanos(span.warmUpS()));
      long serverCpuMs = workplace.usage().cpuMs();
      long clientCpuMs = Usage.ownCpuMs();
      Flow.Lives lives = flow.load(TimeUnit.SECONDS.toNanos(span.measuredS()));
      Usage server = workplace.usage();
      return Turn.of(
          lives.count(),
          lives.ns(),
          server.cpuMs() - serverCpuMs,
          Usage.ownCpuMs() - clientCpuMs,
          server.peakMb());
    } finally {
      flow.close();
      for (Thread role : roles) {
        role.join(STOP_MS);
        role.interrupt();
      }
    }
  }

  private interface Role {
    void run() throws Exception;
  }

  private static Thread role(Flow flow, String name, Role role) {
    Thread thread =
        new Thread(
            () -> {
              try {
                role.run();
              } catch (Throwable e) {
                flow.fail(e);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
