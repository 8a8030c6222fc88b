package dev.muster.client.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.MusterException;
import dev.muster.common.TimedOutException;
import dev.muster.common.UnreachableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class UnderWayTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private final UnderWay underWay = new UnderWay();
  private final List<Long> cancelled = new ArrayList<>();

  @Test
  void shouldAskAllToEndBeforeItWaitsForAny() {
    // given: two maps, neither of which can end, and a call
    List<String> asked = new ArrayList<>();
    var first = underWay.map(new CompletableFuture<>(), () -> asked.add("first"));
    var second = underWay.map(new CompletableFuture<>(), () -> asked.add("second"));
    CompletableFuture<String> call = new CompletableFuture<>();
    var third = underWay.call(call, 7);
    assertThat(third.isCalledOff()).isFalse();
    // when
    assertThatThrownBy(() -> underWay.callOffAll(cancelled::addAll, Duration.ZERO))
        .isInstanceOf(TimedOutException.class)
        .hasMessageStartingWith("2 of 3 maps and calls did not end within 0 s");
    // then
    assertThat(asked).containsExactlyInAnyOrder("first", "second");
    assertThat(cancelled).containsExactly(7L);
    assertThat(call).isCancelled();
    assertThat(third.isCalledOff()).isTrue();
    assertThat(first).isNotSameAs(second);
  }

  @Test
  void shouldEndCallsHereWhenTheMasterIsAwayAndSayThat() {
    CompletableFuture<String> one = new CompletableFuture<>();
    CompletableFuture<String> two = new CompletableFuture<>();
    var unused = List.of(underWay.call(one, 1), underWay.call(two, 2));
    MusterException away = new UnreachableException("the master is away", null);

    assertThatThrownBy(
            () ->
                underWay.callOffAll(
                    tasks -> {
                      throw away;
                    },
                    LONG))
        .isSameAs(away);

    assertThat(one).isCancelled();
    assertThat(two).isCancelled();
  }

  @Test
  void shouldJoinWhatHasNotEnded() throws InterruptedException {
    CompletableFuture<String> end = new CompletableFuture<>();
    var work = underWay.map(end, () -> {});
    assertThat(underWay.join(Duration.ZERO)).isFalse();
    end.completeExceptionally(new IllegalStateException("an end of its own"));
    assertThat(underWay.join(LONG)).isTrue();
    underWay.ended(work);
    underWay.callOffAll(cancelled::addAll, Duration.ZERO);
    assertThat(cancelled).isEmpty();
  }
}
