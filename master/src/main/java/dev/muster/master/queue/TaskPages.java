package dev.muster.master.queue;

import com.carrotsearch.hppc.LongObjectHashMap;
import com.carrotsearch.hppc.cursors.ObjectCursor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tasks by id. Ids are given out in a row, and what was put together is leased and settled
 * together: so neighbours share a page, and one look-up of a page serves many tasks that lie side
 * by side in memory. In a hash map of tasks each look-up is a cache miss of its own.
 *
 * <p>One thread changes it; once it is not changed any more, several may read it.
 */
final class TaskPages {
  /** So few that a page for a single old task costs no more than the task. */
  private static final int PAGE_BITS = 6;

  private static final int PAGE_TASKS = 1 << PAGE_BITS;
  private static final int RECENT_PAGES = 256;
  private static final int PLACE_MASK = PAGE_TASKS - 1;

  private static final class Page {
    final long number;
    final @Nullable Task[] tasks = new @Nullable Task[PAGE_TASKS];
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

  @Nullable Task get(long id) {
    Page page = page(id);
    return page == null ? null : page.tasks[(int) id & PLACE_MASK];
  }

  /** Adds a task, in place of another with its id. */
  void put(Task task) {
    Page page = page(task.id);
    if (page == null) {
      page = new Page(task.id >>> PAGE_BITS);
      pages.put(page.number, page);
      recent[recentPlace(page.number)] = page;
    }
    int place = (int) task.id & PLACE_MASK;
    if (page.tasks[place] == null) {
      page.size++;
      size++;
    }
    page.tasks[place] = task;
  }

  /** Removes the task with this id, if there is one. */
  void remove(long id) {
    Page page = page(id);
    int place = (int) id & PLACE_MASK;
    if (page == null || page.tasks[place] == null) {
      return;
    }
    page.tasks[place] = null;
    size--;
    if (--page.size == 0) {
      pages.remove(page.number);
      recent[recentPlace(page.number)] = null;
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Goes through all, in no order. The visitor must not change anything here. */
  void forEach(Consumer<Task> visit) {
    for (ObjectCursor<Page> cursor : pages.values()) {
      for (Task task : cursor.value.tasks) {
        if (task != null) {
          visit.accept(task);
        }
      }
    }
  }
}
