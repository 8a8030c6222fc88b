package dev.muster.master.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class FailedAttemptsTest {
  private final AtomicLong nowNs = new AtomicLong();
  private final FailedAttempts attempts = new FailedAttempts(nowNs::get);

  @Test
  void shouldRefuseAfterManyFailuresAndRecoverWithTime() throws UnknownHostException {
    InetAddress address = InetAddress.getByName("192.0.2.1");
    int allowed = failUntilRefused(address);
    assertThat(allowed).isEqualTo(200);
    assertThat(attempts.tryBegin(InetAddress.getByName("192.0.2.2"))).isTrue();

    nowNs.addAndGet(TimeUnit.SECONDS.toNanos(1));

    assertThat(failUntilRefused(address)).isEqualTo(5);
  }

  @Test
  void shouldNotCountSuccesses() throws UnknownHostException {
    InetAddress address = InetAddress.getByName("192.0.2.1");
    for (int i = 0; i < 1_000; i++) {
      assertThat(attempts.tryBegin(address)).isTrue();
      attempts.succeeded(address);
    }
  }

  @Test
  void shouldCountAnIpv6NetworkAsOne() throws UnknownHostException {
    failUntilRefused(InetAddress.getByName("2001:db8:1:2::1"));

    assertThat(attempts.tryBegin(InetAddress.getByName("2001:db8:1:2:ffff::9"))).isFalse();
    assertThat(attempts.tryBegin(InetAddress.getByName("2001:db8:1:3::1"))).isTrue();
  }

  private int failUntilRefused(InetAddress address) {
    int allowed = 0;
    while (attempts.tryBegin(address)) {
      allowed++;
    }
    return allowed;
  }
}
