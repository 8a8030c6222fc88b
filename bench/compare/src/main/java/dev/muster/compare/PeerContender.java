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

  PeerContender(Peer peer, int batch) {
    this.peer = peer;
    this.batch = batch;
  }

  @Override
  public String id() {
    return peer.id();
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
  public long measure(Span span) throws InterruptedException {
    try (Workplace workplace = Workplace.create()) {
      try {
        Broker broker = peer.start(workplace, batch);
        return drive(broker, span);
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        String said = e.getMessage() == null ? e.toString() : e.getMessage();
        throw new ComparisonException(said + workplace.lastLines(), e);
      }
    }
  }

  private static long drive(Broker broker, Span span) throws InterruptedException {
    Flow flow = new Flow();
    List<Thread> roles = new ArrayList<>();
    roles.add(role(flow, "collector", () -> broker.collect(flow)));
    for (int i = 1; i <= WORKERS; i++) {
      String name = "worker-" + i;
      roles.add(role(flow, name, () -> broker.work(flow, name)));
    }
    roles.add(role(flow, "producer", () -> broker.produce(flow)));
    try {
      long unused = flow.load(TimeUnit.SECONDS.toNanos(span.warmUpS()));
      return flow.load(TimeUnit.SECONDS.toNanos(span.measuredS()));
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
