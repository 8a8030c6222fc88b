package dev.muster.compare;

/**
 * What one turn of a contender came to.
 *
 * @param perSecond lives a second
 * @param serverCpuUs CPU time of the server's processes for each life, µs
 * @param clientCpuUs CPU time of producer, workers and collector together for each life, µs
 * @param serverPeakMb the most memory that the server's processes ever had, MB
 */
record Turn(long perSecond, double serverCpuUs, double clientCpuUs, long serverPeakMb) {
  /**
   * Of what was used meanwhile.
   *
   * @param lives that were measured
   * @param ns that they took
   */
  static Turn of(long lives, long ns, long serverCpuMs, long clientCpuMs, long serverPeakMb) {
    return new Turn(
        Math.round(lives * 1e9 / ns),
        serverCpuMs * 1e3 / lives,
        clientCpuMs * 1e3 / lives,
        serverPeakMb);
  }
}
