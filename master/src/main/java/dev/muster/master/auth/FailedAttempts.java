package dev.muster.master.auth;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A token bucket for each address: every attempt takes a token, and a success gives it back. Keys
 * are too long to guess; this bounds the work and the log lines that a stranger causes, and
 * protects pass phrases. The bucket is large enough for a rack of workers behind one address that
 * all come back at once. An IPv6 host owns a whole /64 network, so the network is the address.
 * Thread-safe.
 */
final class FailedAttempts {
  private static final int ADDRESSES_MAX = 10_000;
  private static final int TOKENS_MAX = 200;
  private static final long REFILL_NS = 200_000_000; // five a second
  private static final int IPV6_NETWORK_BYTES = 8;

  private final LongSupplier nanoTime;
  private final Map<InetKey, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<InetKey, Bucket> eldest) {
          return size() > ADDRESSES_MAX;
        }
      };

  FailedAttempts(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Takes a token; false when there is none, and the attempt must be refused unseen. */
  synchronized boolean tryBegin(@Nullable InetAddress address) {
    Bucket bucket = bucket(address);
    if (bucket.tokens == 0) {
      return false;
    }
    bucket.tokens--;
    return true;
  }

  /** The attempt was no failure. */
  synchronized void succeeded(@Nullable InetAddress address) {
    Bucket bucket = bucket(address);
    bucket.tokens = Math.min(TOKENS_MAX, bucket.tokens + 1);
  }

  private Bucket bucket(@Nullable InetAddress address) {
    long now = nanoTime.getAsLong();
    Bucket bucket = buckets.computeIfAbsent(InetKey.of(address), key -> new Bucket(now));
    long refills = (now - bucket.refilledNs) / REFILL_NS;
    bucket.refilledNs += refills * REFILL_NS;
    bucket.tokens = (int) Math.min(TOKENS_MAX, bucket.tokens + refills);
    return bucket;
  }

  private static final class Bucket {
    int tokens = TOKENS_MAX;
    long refilledNs;

    Bucket(long nowNs) {
      refilledNs = nowNs;
    }
  }

  /** An IPv4 address, an IPv6 network, or nothing: as text. */
  private record InetKey(String text) {
    static InetKey of(@Nullable InetAddress address) {
      if (address == null) {
        return new InetKey("");
      }
      byte[] bytes = address.getAddress();
      return new InetKey(
          Arrays.toString(
              address instanceof Inet6Address ? Arrays.copyOf(bytes, IPV6_NETWORK_BYTES) : bytes));
    }
  }
}
