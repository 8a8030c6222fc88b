package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.cli.ItemForm.Item;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.MapProgress;
import dev.muster.client.pool.MapResults;
import dev.muster.client.pool.RemoteFailure;
import dev.muster.common.MusterException;
import dev.muster.worker.exec.ExecHandler;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the results of a map until its end: each batch is written and flushed before it is
 * acknowledged, so a crash repeats lines at most and never loses one. For one thread.
 */
final class MapRun {
  /** A batch is acknowledged before the map's window is full of it, and comes to rest. */
  private static final int BATCH_ITEMS_MAX = 512;

  private static final int BATCH_BYTES_MAX = 2 << 20;
  private static final Duration POLL = Duration.ofMillis(100);
  private static final int SHOWN_CHARACTERS_MAX = 200;

  /** Failures that every item will have as long as nobody changes the workers. */
  private static final Set<String> OF_THE_WORKERS =
      Set.of(ExecHandler.NOT_ALLOWED, "muster.UnknownHandler");

  private final Parts parts;
  private final Limits limits;
  private final RateMeter rate = new RateMeter();
  private long succeeded;
  private long failed;
  private long delivered;

  /**
   * @param log null: none is kept
   * @param stop whether somebody wants it to end
   * @param clock ms
   */
  record Parts(
      MapWork work,
      MapInput input,
      Results results,
      PrintStream out,
      MapOutput output,
      @Nullable JobLog log,
      StatusLine status,
      BooleanSupplier stop,
      LongSupplier clock) {}

  /**
   * @param unordered results come as they are there
   * @param failures after so many failed items it ends; 0: never
   */
  record Limits(boolean unordered, long failures) {}

  /** Where results come from: see {@link MapResults}, whose methods these are. */
  interface Results {
    List<ItemResult<ByteString>> poll(int max, Duration timeout);

    boolean hasNext();

    void acknowledge();

    MapProgress progress();

    /** Those of a pool's map. */
    static Results of(MapResults<ByteString> results) {
      return new Results() {
        @Override
        public List<ItemResult<ByteString>> poll(int max, Duration timeout) {
          return results.poll(max, timeout);
        }

        @Override
        public boolean hasNext() {
          return results.hasNext();
        }

        @Override
        public void acknowledge() {
          results.acknowledge();
        }

        @Override
        public MapProgress progress() {
          return results.progress();
        }
      };
    }
  }

  /** Why it ended. */
  enum End {
    /** Everything is delivered. */
    COMPLETE,
    /** Somebody wanted it. */
    STOPPED,
    /** Too many items failed. */
    HALTED,
    /** The output cannot be written: nobody reads it any more, or its disk is full. */
    UNWRITTEN
  }

  MapRun(Parts parts, Limits limits) {
    this.parts = parts;
    this.limits = limits;
  }

  /** How many items failed in this run. */
  long failed() {
    return failed;
  }

  /** How many items were delivered in this run, failed ones too. */
  long delivered() {
    return delivered;
  }

  /**
   * Runs to the end of the map, or until something ends it.
   *
   * @throws MusterException when the map cannot go on, or no worker can do what it is about
   */
  End run() {
    while (!parts.stop().getAsBoolean()) {
      List<ItemResult<ByteString>> batch = batch();
      if (batch.isEmpty()) {
        showProgress();
        if (isOver()) {
          parts.status().end(progress());
          return End.COMPLETE;
        }
        continue;
      }
      parts.status().beforeOutput();
      batch.forEach(this::write);
      parts.out().flush();
      if (parts.log() != null) {
        parts.log().flush();
      }
      if (parts.out().checkError()) {
        return End.UNWRITTEN; // what was not written is not acknowledged
      }
      parts.results().acknowledge();
      delivered = succeeded + failed;
      showProgress();
      if (limits.failures() > 0 && failed >= limits.failures()) {
        return End.HALTED;
      }
    }
    return End.STOPPED;
  }

  /** What is there, of bounded size; waits a moment for the first. */
  private List<ItemResult<ByteString>> batch() {
    List<ItemResult<ByteString>> batch = new ArrayList<>();
    long bytes = 0;
    List<ItemResult<ByteString>> next = parts.results().poll(1, POLL);
    while (!next.isEmpty()) {
      batch.addAll(next);
      ByteString value = next.get(0).value();
      bytes += value == null ? 0 : value.size();
      boolean full = batch.size() >= BATCH_ITEMS_MAX || bytes >= BATCH_BYTES_MAX;
      next = full ? List.of() : parts.results().poll(1, Duration.ZERO);
    }
    return batch;
  }

  private boolean isOver() {
    MapProgress progress = parts.results().progress();
    return progress.inputEnded()
        && progress.done() >= progress.planned()
        && !parts.results().hasNext();
  }

  private void write(ItemResult<ByteString> result) {
    if (!limits.unordered()) {
      parts.input().forgetBefore(result.index());
    }
    RemoteFailure failure = result.failure();
    if (failure != null && succeeded == 0 && OF_THE_WORKERS.contains(failure.kind())) {
      throw new ImpossibleMapException(failure.remoteMessage(), failure);
    }
    Item item = itemOf(result);
    parts.output().write(parts.out(), result, item);
    if (parts.log() != null) {
      log(parts.log(), result, item);
    }
    if (failure == null) {
      succeeded++;
    } else {
      failed++;
      parts.status().note(sentence(result, failure, item));
    }
  }

  /** Read again only where it is shown. */
  private @Nullable Item itemOf(ItemResult<ByteString> result) {
    if (parts.log() != null || parts.output() == MapOutput.FULL || !result.isSuccess()) {
      return parts.input().take(result.index());
    }
    parts.input().forget(result.index());
    return null;
  }

  private void log(JobLog log, ItemResult<ByteString> result, @Nullable Item item) {
    long number = result.index() + 1;
    log.add(
        result,
        item == null ? 0 : parts.work().payload(item, number).size(),
        item == null ? parts.work().handler() : parts.work().shown(item, number));
  }

  private String sentence(
      ItemResult<ByteString> result, RemoteFailure failure, @Nullable Item item) {
    String shown = item == null ? "" : OneLine.of(item.text());
    String what =
        shown.length() <= SHOWN_CHARACTERS_MAX
            ? shown
            : shown.substring(0, SHOWN_CHARACTERS_MAX) + "…";
    return "item "
        + (result.index() + 1)
        + (what.isEmpty() ? "" : " (" + what + ")")
        + " failed"
        + (result.attempts() > 1 ? " " + result.attempts() + " times" : "")
        + ": "
        + OneLine.of(failure.remoteMessage().isEmpty() ? failure.kind() : failure.remoteMessage());
  }

  private void showProgress() {
    parts.status().update(progress(), parts.clock().getAsLong());
  }

  ProgressText progress() {
    MapProgress progress = parts.results().progress();
    long exact = progress.inputEnded() ? progress.planned() : parts.input().total();
    long total = exact >= 0 ? exact : parts.input().estimate();
    return new ProgressText(
        progress.done(),
        total,
        exact >= 0,
        progress.failed(),
        progress.retried(),
        rate.at(parts.clock().getAsLong(), progress.done()));
  }

  /** No worker does what the map is about: nothing was done, and nothing will be. */
  static final class ImpossibleMapException extends MusterException {
    private static final long serialVersionUID = 1L;

    ImpossibleMapException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
