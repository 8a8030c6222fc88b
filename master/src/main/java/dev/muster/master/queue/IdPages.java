package dev.muster.master.queue;

import com.carrotsearch.hppc.LongObjectHashMap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tasks, or what there is one of for a task, by id. Ids are given out in a row, and what was put
 * together is leased and settled together: so neighbours share a page, and one look-up of a page
 * serves many that lie side by side in memory. In a hash map each look-up is a cache miss of its
 * own.
 *
 * <p>One thread changes it; once it is not changed any more, several may read it.
 */
public final class IdPages<T> {
  /** So few that a page for a single old task costs no more than the task. */
  private static final int PAGE_BITS = 6;

  private static final int PAGE_IDS = 1 << PAGE_BITS;
  private static final int RECENT_PAGES = 256;
  private static final int PLACE_MASK = PAGE_IDS - 1;

  /** Gets each id, and what there is of it. */
  @FunctionalInterface
  public interface Visitor<T> {
    void visit(long id, T value);
  }

  private static final class Page {
    final long number;
    final @Nullable Object[] values = new @Nullable Object[PAGE_IDS];
    int size;

    Page(long number) {
      this.number = number;
    }
  }

  private final LongObjectHashMap<Page> pages = new LongObjectHashMap<>();
  private int size;

  /** The pages that were asked for last, each at the place that its number gives. */
  private final @Nullable Page[] recent = new @Nullable Page[RECENT_PAGES];

  private static int recentPlace(long pageNumber) {
    return (int) pageNumber & (RECENT_PAGES - 1);
  }

  private @Nullable Page page(long id) {
    long number = id >>> PAGE_BITS;
    Page page = recent[recentPlace(number)];
    if (page == null || page.number != number) {
      page = pages.get(number);
      if (page != null) {
        recent[recentPlace(number)] = page;
      }
    }
    return page;
  }

  /** What there is of this id, or null. */
  public @Nullable T get(long id) {
    Page page = page(id);
    return page == null ? null : value(page, (int) id & PLACE_MASK);
  }

  @SuppressWarnings("unchecked") // only values get in
  private @Nullable T value(Page page, int place) {
    return (T) page.values[place];
  }

  /** Adds what there is of an id; returns what was there instead, or null. */
  public @Nullable T put(long id, T value) {
    Page page = page(id);
    if (page == null) {
      page = new Page(id >>> PAGE_BITS);
      pages.put(page.number, page);
      recent[recentPlace(page.number)] = page;
    }
    int place = (int) id & PLACE_MASK;
    T before = value(page, place);
    if (before == null) {
      page.size++;
      size++;
    }
    page.values[place] = value;
    return before;
  }

  /** Removes what there is of this id, if anything. */
  public void remove(long id) {
    Page page = page(id);
    int place = (int) id & PLACE_MASK;
    if (page == null || page.values[place] == null) {
      return;
    }
    page.values[place] = null;
    size--;
    if (--page.size == 0) {
      pages.remove(page.number);
      recent[recentPlace(page.number)] = null;
    }
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** Goes through all, in order of id. The visitor must not change anything here. */
  public void forEach(Visitor<T> visit) {
    for (long number : inOrder()) {
      Page page = pages.get(number);
      for (int place = 0; place < PAGE_IDS; place++) {
        T value = value(page, place);
        if (value != null) {
          visit.visit((number << PAGE_BITS) + place, value);
        }
      }
    }
  }

  private long[] inOrder() {
    long[] numbers = pages.keys().toArray();
    Arrays.sort(numbers);
    return numbers;
  }
}
