package dev.muster.master.queue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A heap whose members know their places in it, so that one whose key has changed moves, and any
 * one leaves, in O(log n) and without garbage: that is what a tree of the JDK costs most for, where
 * the first moves on with every lease. Who is first depends on keys and ties alone, never on how
 * the heap came to be: no two members may have both in common.
 *
 * <p>Keys and ties lie side by side, apart from the members: to sink costs a few look-ups in two
 * arrays instead of a cache miss for each member that is compared. For the same reason each has
 * four below it (a d-ary heap: Johnson, Priority queues with update and finding minimum spanning
 * trees, 1975).
 */
final class Heap<E extends Heap.Member> {
  /** Is in at most one heap at a time. */
  interface Member {
    /** Below 0: in none. */
    int place();

    void place(int place);
  }

  /** The place of what is in no heap. */
  static final int NOWHERE = -1;

  private static final int BELOW = 4;

  private Object[] members = new Object[1];
  private long[] keys = new long[1];
  private long[] ties = new long[1];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** The one with the least key, or null when it is empty. */
  @Nullable E first() {
    return size == 0 ? null : member(0);
  }

  /** The key of a member. */
  long key(E member) {
    return keys[member.place()];
  }

  /** By what a member goes among those with its key. */
  long tie(E member) {
    return ties[member.place()];
  }

  /** Adds what is in no heap. */
  void add(E member, long key, long tie) {
    if (size == keys.length) {
      keys = Arrays.copyOf(keys, 2 * size);
      ties = Arrays.copyOf(ties, 2 * size);
      members = Arrays.copyOf(members, 2 * size);
    }
    size++;
    rise(member, key, tie, size - 1);
  }

  /** A member has another key, or another tie. */
  void move(E member, long key, long tie) {
    int place = member.place();
    if (isBefore(key, tie, place)) {
      rise(member, key, tie, place);
    } else {
      sink(member, key, tie, place);
    }
  }

  void remove(E member) {
    int place = member.place();
    member.place(NOWHERE);
    size--;
    E last = member(size);
    long key = keys[size];
    long tie = ties[size];
    members[size] = null;
    if (last != member) {
      rise(last, key, tie, place);
      if (last.place() == place) {
        sink(last, key, tie, place);
      }
    }
  }

  private void rise(E member, long key, long tie, int from) {
    int place = from;
    while (place > 0) {
      int above = (place - 1) / BELOW;
      if (!isBefore(key, tie, above)) {
        break;
      }
      put(member(above), keys[above], ties[above], place);
      place = above;
    }
    put(member, key, tie, place);
  }

  private void sink(E member, long key, long tie, int from) {
    int place = from;
    for (int below = firstBelow(place); below < size; below = firstBelow(place)) {
      int least = below;
      int end = Math.min(size, below + BELOW);
      for (int i = below + 1; i < end; i++) {
        if (isBefore(keys[i], ties[i], least)) {
          least = i;
        }
      }
      if (isBefore(key, tie, least)) {
        break;
      }
      put(member(least), keys[least], ties[least], place);
      place = least;
    }
    put(member, key, tie, place);
  }

  private static int firstBelow(int place) {
    return BELOW * place + 1;
  }

  private boolean isBefore(long key, long tie, int other) {
    return key < keys[other] || (key == keys[other] && tie < ties[other]);
  }

  private void put(E member, long key, long tie, int place) {
    keys[place] = key;
    ties[place] = tie;
    members[place] = member;
    member.place(place);
  }

  @SuppressWarnings("unchecked") // only members get in
  private E member(int place) {
    return (E) members[place];
  }
}
