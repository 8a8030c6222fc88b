package dev.muster.master.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class HeapSharesTest {
  private static final long MIB = 1L << 20;

  /** What may be held at most: see the drawing in {@link HeapShares}. */
  private static long heldMax(HeapShares shares) {
    return 4 * shares.generationBytes() + 16 * MIB + shares.waitingBytes();
  }

  @Test
  void shouldLeaveAThirdOfTheHeap() {
    for (long heapMib : new long[] {256, 300, 512, 1_000, 4_000}) {
      long heap = heapMib * MIB;
      assertThat(heldMax(HeapShares.of(heap))).as("%d MiB", heapMib).isLessThan(heap * 2 / 3);
    }
  }

  @Test
  void shouldTakeNoMoreThanIsOfUse() {
    HeapShares shares = HeapShares.of(64L << 30);
    assertThat(shares).isEqualTo(new HeapShares(64 * MIB, 64 * MIB));
  }

  @Test
  void shouldHoldALargestRequestHoweverSmallTheHeap() {
    HeapShares shares = HeapShares.of(32 * MIB);
    assertThat(shares.generationBytes()).isEqualTo(8 * MIB);
    assertThat(shares.waitingBytes()).isEqualTo(8 * MIB);
  }

  @Test
  void shouldRefuseToHoldNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new HeapShares(MIB, 0))
        .withMessageContaining("1048576");
  }
}
