package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The order of a heap, whatever happens to its members. */
final class HeapTest {
  private static final class Member implements Heap.Member {
    private int key;
    private int tie;
    private int seat = Heap.NOWHERE;

    Member(int key, int tie) {
      this.key = key;
      this.tie = tie;
    }

    @Override
    public int seat() {
      return seat;
    }

    @Override
    public void seat(int seat) {
      this.seat = seat;
    }
  }

  private static final Comparator<Member> ORDER =
      Comparator.comparingInt((Member member) -> member.key).thenComparingInt(member -> member.tie);

  /** No other step comes to it; whether it is before or after theirs is open. */
  private static int unlike(int step, Random random) {
    return random.nextBoolean() ? step : -step;
  }

  @Test
  void shouldKnowTheLeastWhateverEntersMovesAndLeaves() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      Heap<Member> heap = new Heap<>();
      List<Member> members = new ArrayList<>();
      for (int step = 0; step < 200; step++) {
        int dice = members.isEmpty() ? 0 : random.nextInt(3);
        if (dice == 0) {
          Member member = new Member(random.nextInt(20), unlike(step, random));
          members.add(member);
          heap.add(member, member.key, member.tie);
        } else if (dice == 1) {
          Member member = members.get(random.nextInt(members.size()));
          member.key = random.nextInt(20);
          member.tie = random.nextBoolean() ? member.tie : unlike(step, random);
          heap.move(member, member.key, member.tie);
        } else {
          Member member = members.remove(random.nextInt(members.size()));
          heap.remove(member);
          assertThat(member.seat()).isEqualTo(Heap.NOWHERE);
        }
        assertThat(heap.size()).isEqualTo(members.size());
        assertThat(heap.first())
            .as("seed %d step %d", seed, step)
            .isSameAs(members.stream().min(ORDER).orElse(null));
      }
    }
  }
}
