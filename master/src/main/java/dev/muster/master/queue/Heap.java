package dev.muster.master.queue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A heap whose members know where they are in it, so that one whose key has changed moves, and any
 * one leaves, in O(log n) and without garbage: that is what a tree of the JDK costs most for, where
 * the first moves on with every lease. Who is first depends on keys and ties alone, never on how
 * the heap came to be: no two members may have both in common.
 *
 * <p>A member has a seat while it is in the heap, and the seats move, not the members: to sink
 * costs a few look-ups in small arrays instead of a cache miss for each member that is passed by.
 * For the same reason each has four below it (a d-ary heap: Johnson, Priority queues with update
 * and finding minimum spanning trees, 1975).
 */
final class Heap<E extends Heap.Member> {
  /** Is in at most one heap at a time. */
  interface Member {
    /** Below 0: in none. */
    int seat();

    void seat(int seat);
  }

  /** The seat of what is in no heap. */
  static final int NOWHERE = -1;

  private static final int BELOW = 4;

  // By place in the heap.
  private long[] keys = new long[1];
  private long[] ties = new long[1];
  private int[] seats = new int[1];

  // By seat. From `size` on, `seats` names the free ones.
  private int[] places = new int[1];
  private Object[] members = new Object[1];

  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** The one with the least key, or null when it is empty. */
  @SuppressWarnings("unchecked") // only members get in
  @Nullable E first() {
    return size == 0 ? null : (E) members[seats[0]];
  }

  /** The key of a member. */
  long key(E member) {
    return keys[places[member.seat()]];
  }

  /** By what a member goes among those with its key. */
  long tie(E member) {
    return ties[places[member.seat()]];
  }

  /** Adds what is in no heap. */
  void add(E member, long key, long tie) {
    if (size == keys.length) {
      grow();
    }
    int seat = seats[size];
    members[seat] = member;
    member.seat(seat);
    size++;
    rise(seat, key, tie, size - 1);
  }

  private void grow() {
    int length = 2 * size;
    keys = Arrays.copyOf(keys, length);
    ties = Arrays.copyOf(ties, length);
    seats = Arrays.copyOf(seats, length);
    places = Arrays.copyOf(places, length);
    members = Arrays.copyOf(members, length);
    for (int i = size; i < length; i++) {
      seats[i] = i;
    }
  }

  /** A member has another key, or another tie. */
  void move(E member, long key, long tie) {
    int seat = member.seat();
    int place = places[seat];
    if (isBefore(key, tie, place)) {
      rise(seat, key, tie, place);
    } else {
      sink(seat, key, tie, place);
    }
  }

  void remove(E member) {
    int seat = member.seat();
    int place = places[seat];
    member.seat(NOWHERE);
    members[seat] = null;
    size--;
    int last = seats[size];
    seats[size] = seat;
    if (last != seat) {
      long key = keys[size];
      long tie = ties[size];
      rise(last, key, tie, place);
      if (places[last] == place) {
        sink(last, key, tie, place);
      }
    }
  }

  private void rise(int seat, long key, long tie, int from) {
    int place = from;
    while (place > 0) {
      int above = (place - 1) / BELOW;
      if (!isBefore(key, tie, above)) {
        break;
      }
      put(seats[above], keys[above], ties[above], place);
      place = above;
    }
    put(seat, key, tie, place);
  }

  private void sink(int seat, long key, long tie, int from) {
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
      put(seats[least], keys[least], ties[least], place);
      place = least;
    }
    put(seat, key, tie, place);
  }

  private static int firstBelow(int place) {
    return BELOW * place + 1;
  }

  private boolean isBefore(long key, long tie, int other) {
    return key < keys[other] || (key == keys[other] && tie < ties[other]);
  }

  private void put(int seat, long key, long tie, int place) {
    keys[place] = key;
    ties[place] = tie;
    seats[place] = seat;
    places[seat] = place;
  }
}
