package dev.muster.client;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Walks through a list that the master hands out in pages, and asks for the next page only when the
 * last is used up: a million rows are never held. For one thread.
 */
final class Pages<T, P> implements Iterator<T> {
  /** One page: what is in it, and what to ask for the next with. */
  record Page<T, P>(List<T> rows, @Nullable P next) {}

  /** Asks the master for a page. */
  interface Source<T, P> {
    Page<T, P> ask(P from);
  }

  private final Source<T, P> source;
  private final Queue<T> rows = new ArrayDeque<>();
  private @Nullable P next;

  private Pages(Source<T, P> source, P first) {
    this.source = source;
    this.next = first;
  }

  static <T, P> Stream<T> stream(P first, Source<T, P> source) {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(
            new Pages<>(source, first), Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }

  @Override
  public boolean hasNext() {
    while (rows.isEmpty() && next != null) { // a page can be empty and not the last
      Page<T, P> page = source.ask(next);
      rows.addAll(page.rows());
      next = page.next();
    }
    return !rows.isEmpty();
  }

  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the last page is used up");
    }
    return rows.remove();
  }
}
