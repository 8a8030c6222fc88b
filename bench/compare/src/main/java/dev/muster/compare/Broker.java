package dev.muster.compare;

/**
 * A running peer with its two queues, tasks and results. Each role is called once, on a thread of
 * its own (a worker on two), opens its own connection, and returns soon after the flow has closed:
 * * at the latest a second later.
 */
interface Broker {
  /** How long a role may wait for tasks before it looks at the flow again, ms. */
  int POLL_MS = 100;

  /** Puts tasks while the flow grants them; each counts only when its acknowledgement came. */
  void produce(Flow flow) throws Exception;

  /** Takes tasks; puts the result of each, and acknowledges it once its result is safe. */
  void work(Flow flow, String name) throws Exception;

  /** Takes results, acknowledges them, and reports them to the flow. */
  void collect(Flow flow) throws Exception;
}
