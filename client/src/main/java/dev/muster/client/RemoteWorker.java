package dev.muster.client;

import dev.muster.common.InvalidInputException;
import dev.muster.common.RefusedException;
import dev.muster.proto.v1.RefusalReason;
import dev.muster.proto.v1.WorkerInfo;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A worker on whatever host, through the master: {@link Admin#worker}. Stands for one session: a
 * worker process that starts again is another one. For processes that this JVM starts itself see
 * {@code dev.muster.worker.WorkerProcess}, which can be asked the same.
 *
 * <p>Thread-safe. What its methods throw is what {@link Admin} says.
 */
public final class RemoteWorker {
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final int NAMED_MAX = 5;
  private static final long LOOK_FIRST_MS = 50;
  private static final long LOOK_MS_MAX = 1_000;

  private final Admin admin;
  private final WorkerInfo info;

  private RemoteWorker(Admin admin, WorkerInfo info) {
    this.admin = admin;
    this.info = info;
  }

  static RemoteWorker find(Admin admin, String worker) {
    return new RemoteWorker(
        admin,
        NUMBER.matcher(worker).matches() ? bySession(admin, worker) : byIdentity(admin, worker));
  }

  private static WorkerInfo bySession(Admin admin, String number) {
    WorkerInfo found;
    try {
      found = admin.worker(Long.parseUnsignedLong(number), Duration.ofDays(1));
    } catch (NumberFormatException tooLarge) {
      found = null;
    }
    if (found == null) {
      throw unknown("no worker has session " + number);
    }
    return found;
  }

  private static WorkerInfo byIdentity(Admin admin, String beginning) {
    if (beginning.isBlank()) {
      throw new InvalidInputException("a worker is a session number or name@host:pid, found none");
    }
    List<WorkerInfo> fit =
        admin.workers("").filter(worker -> identity(worker).startsWith(beginning)).toList();
    List<WorkerInfo> exact =
        fit.stream().filter(worker -> identity(worker).equals(beginning)).toList();
    List<WorkerInfo> found = exact.isEmpty() ? fit : exact;
    if (found.isEmpty()) {
      throw unknown("no worker's name@host:pid begins with " + beginning);
    }
    if (found.size() > 1) {
      throw new InvalidInputException(
          found.size()
              + " workers begin with "
              + beginning
              + ", name one by more of name@host:pid or by its session: "
              + found.stream()
                  .limit(NAMED_MAX)
                  .map(
                      worker -> identity(worker) + " " + Long.toUnsignedString(worker.getSession()))
                  .collect(Collectors.joining(", "))
              + (found.size() > NAMED_MAX ? ", ..." : ""));
    }
    return found.get(0);
  }

  private static RefusedException unknown(String what) {
    return new RefusedException(
        RefusalReason.REFUSAL_REASON_UNKNOWN_WORKER,
        what + ": it has gone, or was lost; the list of workers says who is there");
  }

  /** How people tell workers apart: "name@host:pid". */
  public static String identity(WorkerInfo worker) {
    return worker.getHost().isEmpty() // as the session was opened, then the name has it all
        ? worker.getName()
        : worker.getName() + "@" + worker.getHost() + ":" + worker.getPid();
  }

  /** The number of its session. */
  public long session() {
    return info.getSession();
  }

  /** The name that it was given; not unique. */
  public String name() {
    return info.getName();
  }

  /** The host that it runs on, as it calls itself. */
  public String host() {
    return info.getHost();
  }

  /** Its process on that host. */
  public long pid() {
    return info.getPid();
  }

  /** "name@host:pid", as workers are listed and timelines name them. */
  public String identity() {
    return identity(info);
  }

  /** Asks it to take no more tasks, to finish what it runs, and to end. Returns at once. */
  public void terminate() {
    admin.drainWorker(session());
  }

  /**
   * Asks it to end at once: what it runs is interrupted and given back, free of charge. Returns at
   * once.
   */
  public void kill() {
    admin.killWorker(session());
  }

  /** Whether its session lives: also for some time after its process died without a word. */
  public boolean isAlive() {
    return admin.worker(session(), Duration.ofDays(1)) != null;
  }

  /**
   * Waits until its session has ended; asks the master now and then. Whoever wants it to end calls
   * {@link #terminate} or {@link #kill} first.
   *
   * @return false: the time ended first
   */
  public boolean join(Duration timeout) throws InterruptedException {
    long startNanos = System.nanoTime();
    long timeoutMs = timeout.toMillis();
    long waitMs = LOOK_FIRST_MS;
    while (true) {
      long leftMs = timeoutMs - (System.nanoTime() - startNanos) / 1_000_000;
      if (admin.worker(session(), Duration.ofMillis(Math.max(leftMs, LOOK_MS_MAX))) == null) {
        return true;
      }
      if (leftMs <= 0) {
        return false;
      }
      Thread.sleep(Math.min(leftMs, waitMs));
      waitMs = Math.min(LOOK_MS_MAX, 2 * waitMs);
    }
  }

  @Override
  public String toString() {
    return identity();
  }
}
