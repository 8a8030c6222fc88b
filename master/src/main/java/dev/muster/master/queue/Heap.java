package dev.muster.master.queue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A binary heap whose members know their places in it, so that one whose key has changed moves, and
 * any one leaves, in O(log n) and without garbage: that is what a tree of the JDK costs most for,
 * where the first moves on with every lease. Who is first depends on the keys alone, never on how
 * the heap came to be: the order must be total.
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

  private final Comparator<E> order;
  private final List<E> members = new ArrayList<>(1);

  Heap(Comparator<E> order) {
    this.order = order;
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  int size() {
    return members.size();
  }

  /** The least, or null when it is empty. */
  @Nullable E first() {
    return members.isEmpty() ? null : members.get(0);
  }

  /** Adds what is in no heap. */
  void add(E member) {
    members.add(member);
    rise(member, members.size() - 1);
  }

  /** A member's key has changed. */
  void moved(E member) {
    int place = member.place();
    rise(member, place);
    if (member.place() == place) {
      sink(member, place);
    }
  }

  void remove(E member) {
    int place = member.place();
    member.place(NOWHERE);
    E last = members.remove(members.size() - 1);
    if (last != member) {
      last.place(place);
      members.set(place, last);
      moved(last);
    }
  }

  private void rise(E member, int from) {
    int place = from;
    while (place > 0) {
      int above = (place - 1) / 2;
      E parent = members.get(above);
      if (order.compare(member, parent) >= 0) {
        break;
      }
      put(parent, place);
      place = above;
    }
    put(member, place);
  }

  private void sink(E member, int from) {
    int place = from;
    int size = members.size();
    for (int below = 2 * place + 1; below < size; below = 2 * place + 1) {
      E child = members.get(below);
      if (below + 1 < size && order.compare(members.get(below + 1), child) < 0) {
        below++;
        child = members.get(below);
      }
      if (order.compare(member, child) <= 0) {
        break;
      }
      put(child, place);
      place = below;
    }
    put(member, place);
  }

  private void put(E member, int place) {
    members.set(place, member);
    member.place(place);
  }
}
