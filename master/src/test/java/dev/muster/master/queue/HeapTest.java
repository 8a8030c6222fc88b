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
    private final int number;
    private int key;
    private int place = Heap.NOWHERE;

    Member(int number, int key) {
      this.number = number;
      this.key = key;
    }

    @Override
    public int place() {
      return place;
    }

    @Override
    public void place(int place) {
      this.place = place;
    }
  }

  private static final Comparator<Member> BY_NUMBER =
      Comparator.comparingInt(member -> member.number);
  private static final Comparator<Member> ORDER =
      Comparator.comparingInt((Member member) -> member.key).thenComparing(BY_NUMBER);

  @Test
  void shouldKnowTheLeastWhateverEntersMovesAndLeaves() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      Heap<Member> heap = new Heap<>(BY_NUMBER);
      List<Member> members = new ArrayList<>();
      for (int step = 0; step < 200; step++) {
        int dice = members.isEmpty() ? 0 : random.nextInt(3);
        if (dice == 0) {
          Member member = new Member(step, random.nextInt(20));
          members.add(member);
          heap.add(member, member.key);
        } else if (dice == 1) {
          Member member = members.get(random.nextInt(members.size()));
          member.key = random.nextInt(20);
          heap.move(member, member.key);
        } else {
          Member member = members.remove(random.nextInt(members.size()));
          heap.remove(member);
          assertThat(member.place()).isEqualTo(Heap.NOWHERE);
        }
        assertThat(heap.size()).isEqualTo(members.size());
        assertThat(heap.first())
            .as("seed %d step %d", seed, step)
            .isSameAs(members.stream().min(ORDER).orElse(null));
      }
    }
  }
}
