package dev.muster.common;

/**
 * Every bound on what one side may send the other, in one place. Both sides check them: the client
 * to fail early with a clear message, the master because it trusts no client.
 *
 * <pre>
 *   one payload  <=  payloads of one request  <=  one gRPC message - room for everything else
 *      4 MiB              4 MiB                      4 MiB + 256 KiB
 * </pre>
 */
public final class Limits {
  /** The protocol that this library speaks; see {@code ClientFirst.protocol}. */
  public static final int PROTOCOL = 1;

  /** Largest payload of a task or result, bytes. */
  public static final int PAYLOAD_BYTES_MAX = 4 << 20;

  /** Largest sum of the payloads in one request, bytes. */
  public static final int REQUEST_PAYLOAD_BYTES_MAX = 4 << 20;

  /** Largest payload of a schedule, bytes: the master keeps all of them in memory. */
  public static final int SCHEDULE_PAYLOAD_BYTES_MAX = 64 << 10;

  /**
   * Largest gRPC message, bytes. The 256 KiB beyond the payloads hold ids, lengths and options; a
   * batch of many tiny payloads must therefore also be cut by its serialized size.
   */
  public static final int MESSAGE_BYTES_MAX = REQUEST_PAYLOAD_BYTES_MAX + (256 << 10);

  /** Most tasks in one enqueue request. */
  public static final int BATCH_TASKS_MAX = 65_536;

  /** Most task ids in one await request. */
  public static final int AWAIT_IDS_MAX = 65_536;

  /** Longest time that one enqueue waits for room in a full queue, ms. */
  public static final int ENQUEUE_WAIT_MS_MAX = 60_000;

  /** Most tasks taken by one request. */
  public static final int TAKE_MAX = 10_000;

  /** Longest time that one take request waits for its first task, ms. */
  public static final int TAKE_WAIT_MS_MAX = 60_000;

  /** Shortest lease without a session, ms. */
  public static final int VISIBILITY_TIMEOUT_MS_MIN = 100;

  /** Lease without a session when none is asked for, ms. */
  public static final int VISIBILITY_TIMEOUT_MS_DEFAULT = 30_000;

  /** Longest lease without a session, ms: 12 hours. */
  public static final int VISIBILITY_TIMEOUT_MS_MAX = 43_200_000;

  /** Most requests of one client that may be unanswered at a time. */
  public static final int OUTSTANDING_REQUESTS_MAX = 4_096;

  /** Length of a client's or worker's session id, bytes. */
  public static final int SESSION_ID_BYTES = 16;

  /** Most queues that one worker serves. */
  public static final int WORKER_QUEUES_MAX = 1_000;

  /** What a queue's name must match as a whole. */
  public static final String QUEUE_NAME_PATTERN = "[A-Za-z0-9._:/-]{1,255}";

  /** Longest queue name, characters (all ASCII, so bytes too). */
  public static final int QUEUE_NAME_LENGTH_MAX = 255;

  /** Longest handler name, content type or other name, bytes of UTF-8. */
  public static final int NAME_BYTES_MAX = 255;

  /** All headers of a task together, keys and values, bytes of UTF-8. */
  public static final int HEADERS_BYTES_MAX = 8 << 10;

  /** So much of a failure's message is kept, bytes of UTF-8. */
  public static final int FAILURE_MESSAGE_BYTES_MAX = 4 << 10;

  /** So much of a failure's detail is kept, bytes of UTF-8. */
  public static final int FAILURE_DETAIL_BYTES_MAX = 16 << 10;

  /** So much of a handler's stack is sent to whoever asks for it, bytes of UTF-8. */
  public static final int STACK_BYTES_MAX = 64 << 10;

  /** Most queues in one page of a listing. */
  public static final int LIST_PAGE_MAX = 1_000;

  /** Queues in one page of a listing when nothing is asked for. */
  public static final int LIST_PAGE_DEFAULT = 100;

  /** Both sides of a worker's stream send some frame at least so often, ms. */
  public static final int HEARTBEAT_INTERVAL_MS = 3_000;

  /** Silence for so long ends a worker's session, ms: five heartbeats. */
  public static final int SESSION_TIMEOUT_MS = 5 * HEARTBEAT_INTERVAL_MS;

  /** A handler that was asked to stop is interrupted after so long, ms. */
  public static final int STOP_INTERRUPT_AFTER_MS = 5_000;

  /** A handler that was asked to stop is given up after so long, ms. */
  public static final int STOP_ABANDON_AFTER_MS = 10_000;

  /** The highest priority; the lowest, and the default, is 0. */
  public static final int PRIORITY_MAX = 9;

  /** Longest delay, TTL, limit or other time that a task may name, ms: ten years of 365 days. */
  public static final long TASK_TIME_MS_MAX = 10L * 365 * 24 * 60 * 60 * 1_000;

  /**
   * Latest time at which a task may be told to run, ms since the epoch: a thousand years of 365
   * days.
   */
  public static final long RUN_AT_MS_MAX = 365_000L * 24 * 60 * 60 * 1_000;

  /** Most failed attempts that a task may be given. */
  public static final int ATTEMPTS_MAX = 1_000;

  /** Longest back-off between two attempts, ms: 30 days. */
  public static final long BACKOFF_MS_MAX = 30L * 24 * 60 * 60 * 1_000;

  /** Most slots that one task takes. */
  public static final int COST_MAX = 10_000;

  /** Most labels of a worker, and most that a task requires. */
  public static final int LABELS_MAX = 16;

  /** Most tasks that one task waits for. */
  public static final int AFTER_IDS_MAX = 65_536;

  /** Most nodes of one graph. */
  public static final int GRAPH_NODES_MAX = 65_536;

  /** Most task ids in one cancel request or filter. */
  public static final int FILTER_IDS_MAX = 65_536;

  /** Most task ids in one watch request. */
  public static final int WATCH_IDS_MAX = 1_000;

  /** So much of a progress message is kept, bytes of UTF-8. */
  public static final int PROGRESS_MESSAGE_BYTES_MAX = 1 << 10;

  /** So much of a log line is kept, bytes of UTF-8. */
  public static final int LOG_LINE_BYTES_MAX = 4 << 10;

  /** Most plain successes that a queue remembers. */
  public static final int HISTORY_MAX = 100_000;

  /** Largest weight of a tenant; the default is 100. */
  public static final int TENANT_WEIGHT_MAX = 1_000_000;

  /** Largest message of the authentication exchange, bytes: it comes from a stranger. */
  public static final int AUTH_MESSAGE_BYTES_MAX = 8 << 10;

  /** A connection that is not authenticated after so long is closed, ms. */
  public static final int AUTHENTICATE_WITHIN_MS = 10_000;

  private Limits() {}
}
