package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.ItemResults;
import dev.muster.client.pool.MapProgress;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What {@code muster map} says when it ends before its map does. */
final class MapEndingTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<String> done = new ArrayList<>();
  private @Nullable MusterException failure;
  private boolean stop;
  private long haltAfter;

  private int end(@Nullable String map) {
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    PrintStream output = new PrintStream(out, false, StandardCharsets.UTF_8);
    Terminal terminal = new Terminal(InputStream.nullInputStream(), output, errors, Map.of());
    StatusLine status = new StatusLine(errors, StatusLine.Kind.NONE, 0, false, 0);
    MapWork work = MapWork.ofHandler("square");
    MapInput items =
        new MapInput(
            new ByteArrayInputStream("1\n2\n3\n".getBytes(StandardCharsets.UTF_8)),
            ItemForm.AUTO,
            work,
            () -> false);
    items.forEachRemaining(item -> {});
    MapRun run =
        new MapRun(
            new MapRun.Parts(
                work,
                items,
                new TwoResults(),
                output,
                MapOutput.RESULT,
                null,
                status,
                () -> stop,
                () -> 0),
            new MapRun.Limits(false, haltAfter));
    return new MapEnding(terminal, status, map, new Left()).of(run);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  /** Of three items; then the map fails, or somebody ends it. */
  private final class TwoResults implements MapRun.Results {
    private int polls;

    @Override
    public List<ItemResult<ByteString>> poll(int max, Duration timeout) {
      return switch (polls++) {
        case 0 -> List.of(ItemResults.value(0, "1"));
        case 1 -> List.of(ItemResults.failure(1, "k", "no"));
        case 2 -> List.of(); // these are a batch
        default -> rest();
      };
    }

    private List<ItemResult<ByteString>> rest() {
      if (failure != null) {
        throw failure;
      }
      stop = true;
      return List.of();
    }

    @Override
    public boolean hasNext() {
      return true;
    }

    @Override
    public void acknowledge() {}

    @Override
    public MapProgress progress() {
      return new MapProgress(3, true, polls, 0, 0);
    }
  }

  private final class Left implements MapEnding.Results {
    @Override
    public boolean continues() {
      return false;
    }

    @Override
    public void close() {
      done.add("closed");
    }

    @Override
    public void cancel() {
      done.add("cancelled");
    }
  }

  @Test
  void shouldSayHowToGoOnWhenAMapWithANameFails() {
    failure = new MusterException("the map's queue was deleted");

    assertThatThrownBy(() -> end("nightly")).isSameAs(failure);

    assertThat(err())
        .endsWith(
            "muster: stopped: 2 results delivered; go on with the same command and the same input,"
                + " and --resume nightly\n");
  }

  @Test
  void shouldNotSayHowToGoOnWhereNothingCan() {
    failure = new MusterException("the map's queue was deleted");
    assertThatThrownBy(() -> end(null)).isSameAs(failure);
    assertThat(err()).as("without a name").doesNotContain("stopped", "--resume");

    failure = new InvalidInputException("line 3 is not JSON");
    assertThatThrownBy(() -> end("nightly")).isSameAs(failure);
    assertThat(err()).as("the same input is as wrong again").doesNotContain("stopped", "--resume");
  }

  @Test
  void shouldCloseTheMapBeforeItSaysThatItStopped() {
    assertThat(end(null)).isEqualTo(ExitCode.STOPPED);

    assertThat(done).containsExactly("closed");
    assertThat(err())
        .endsWith(
            "muster: stopped: 2 results delivered; the rest was called off; a map that has a name"
                + " (--name NAME) can be resumed\n");
  }

  @Test
  void shouldSayHowToGoOnWhenTooManyItemsFailed() {
    haltAfter = 1;

    assertThat(end("nightly")).isEqualTo(ExitCode.FAILED);

    assertThat(done).containsExactly("closed");
    assertThat(err()).contains("stopped: 1 items failed; go on with", "--resume nightly");
  }
}
