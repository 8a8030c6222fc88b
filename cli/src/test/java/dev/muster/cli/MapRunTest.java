package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.ItemResults;
import dev.muster.client.pool.MapProgress;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code muster map} does with results, which a test makes up. */
class MapRunTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Script script = new Script();
  private OutputStream to = out;
  private MapOutput output = MapOutput.RESULT;
  private boolean stop;
  private @Nullable JobLog log;
  @TempDir private Path folder;

  private MapRun run(MapRun.Limits limits, String input) {
    MapWork work = MapWork.ofHandler("square");
    MapInput items =
        new MapInput(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            ItemForm.AUTO,
            work,
            () -> false);
    items.forEachRemaining(item -> script.planned++);
    PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new MapRun(
        new MapRun.Parts(
            work,
            items,
            script,
            new PrintStream(to, false, StandardCharsets.UTF_8),
            output,
            log,
            new StatusLine(errors, StatusLine.Kind.NONE, 0, false, 0),
            () -> stop,
            () -> 0),
        limits);
  }

  private MapRun run(String input) {
    return run(new MapRun.Limits(false, 0), input);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldWriteAndFlushABatchBeforeItIsAcknowledged() {
    script.batch(List.of(ItemResults.value(0, "1"), ItemResults.value(1, "[4,\n 5]")));
    script.batch(List.of(ItemResults.value(2, "\"x\"")));
    script.onAcknowledge = () -> script.acknowledged.add(out());

    assertThat(run("1\n2\n3\n").run()).isEqualTo(MapRun.End.COMPLETE);

    assertThat(script.acknowledged).containsExactly("1\n[4, 5]\n", "1\n[4, 5]\n\"x\"\n");
  }

  @Test
  void shouldAcknowledgeMuchBeforeTheMapComesToRest() {
    script.batch(IntStream.range(0, 1_000).mapToObj(i -> ItemResults.value(i, "1")).toList());
    String large = '"' + "x".repeat(1 << 20) + '"';
    script.batch(IntStream.range(0, 3).mapToObj(i -> ItemResults.value(i, large)).toList());
    script.onAcknowledge = () -> script.acknowledged.add(Long.toString(script.done));

    assertThat(run("1\n".repeat(1_003)).run()).isEqualTo(MapRun.End.COMPLETE);

    assertThat(script.acknowledged).containsExactly("512", "1000", "1002", "1003");
  }

  @Test
  void shouldSayWhatFailedAndGoOn() {
    script.batch(
        List.of(
            ItemResults.failure(0, "java.io.IOException", "no\n such page"),
            ItemResults.value(1, "2"),
            ItemResults.failure(2, "a.b.Odd", "")));

    MapRun run = run("\"http://x/ y\"\n7\n8\n");
    assertThat(run.run()).isEqualTo(MapRun.End.COMPLETE);

    assertThat(out()).isEqualTo("2\n");
    assertThat(err())
        .isEqualTo(
            """
            muster: item 1 (http://x/ y) failed 2 times: no such page
            muster: item 3 (8) failed 2 times: a.b.Odd
            """);
    assertThat(run.failed()).isEqualTo(2);
    assertThat(run.delivered()).isEqualTo(3);
  }

  @Test
  void shouldEndAtOnceWhenNoWorkerCanDoIt() {
    script.batch(
        List.of(ItemResults.failure(0, "muster.ExecNotAllowed", "start it with --allow-exec=x")));

    assertThatThrownBy(() -> run("1\n").run())
        .isInstanceOf(MapRun.ImpossibleMapException.class)
        .hasMessage("start it with --allow-exec=x");
    assertThat(script.acknowledged).isEmpty();
  }

  @Test
  void shouldGoOnWhenOnlySomeWorkersCannotDoIt() {
    script.batch(
        List.of(
            ItemResults.value(0, "1"),
            ItemResults.failure(1, "muster.UnknownHandler", "no square")));

    assertThat(run("1\n2\n").run()).isEqualTo(MapRun.End.COMPLETE);
    assertThat(err()).contains("item 2 (2) failed 2 times: no square");
  }

  @Test
  void shouldStopAfterSoManyFailures() {
    script.batch(List.of(ItemResults.value(0, "1"), ItemResults.failure(1, "k", "m")));
    script.batch(List.of(ItemResults.failure(2, "k", "m")));
    script.batch(List.of(ItemResults.value(3, "4")));

    assertThat(run(new MapRun.Limits(false, 2), "1\n2\n3\n4\n").run()).isEqualTo(MapRun.End.HALTED);
    assertThat(out()).isEqualTo("1\n");
    assertThat(script.acknowledged).as("what was written").hasSize(2);
  }

  @Test
  void shouldStopWhenAskedAndAcknowledgeWhatIsWritten() {
    script.batch(List.of(ItemResults.value(0, "1")));
    script.batch(List.of(ItemResults.value(1, "4")));
    script.onAcknowledge =
        () -> {
          script.acknowledged.add(out());
          stop = true;
        };

    assertThat(run("1\n2\n").run()).isEqualTo(MapRun.End.STOPPED);
    assertThat(script.acknowledged).containsExactly("1\n");
    assertThat(out()).isEqualTo("1\n");
  }

  @Test
  void shouldAcknowledgeNothingThatCannotBeWritten() {
    to =
        new OutputStream() {
          private int left = 2;

          @Override
          public void write(int b) throws IOException {
            if (left-- <= 0) {
              throw new IOException("No space left on device");
            }
          }
        };
    script.batch(List.of(ItemResults.value(0, "1")));
    script.batch(List.of(ItemResults.value(1, "4")));

    MapRun run = run("1\n2\n");
    assertThat(run.run()).isEqualTo(MapRun.End.UNWRITTEN);
    assertThat(script.acknowledged).hasSize(1);
    assertThat(run.delivered()).isEqualTo(1);
    assertThat(err()).isEmpty();
  }

  @Test
  void shouldNotEndWhileInputOrResultsAreToCome() {
    script.inputEnded = false;
    script.batch(List.of());
    script.batch(List.of(ItemResults.value(0, "1")));
    script.onAcknowledge = () -> script.inputEnded = true;

    assertThat(run("1\n").run()).isEqualTo(MapRun.End.COMPLETE);
    assertThat(out()).isEqualTo("1\n");
  }

  @Test
  void shouldWriteNumberItemAndOutcomeOfEveryItem() {
    output = MapOutput.FULL;
    script.batch(
        List.of(ItemResults.value(1, "{\"a\":1}"), ItemResults.failure(0, "k", "it \"broke\"\n")));

    assertThat(run(new MapRun.Limits(true, 0), "x y\n2\n").run()).isEqualTo(MapRun.End.COMPLETE);

    assertThat(out())
        .isEqualTo(
            """
            {"seq":2,"item":2,"result":{"a":1}}
            {"seq":1,"item":"x y","failure":{"kind":"k","message":"it \\"broke\\"\\n"}}
            """);
  }

  @Test
  void shouldWriteTextAsItIs() {
    output = MapOutput.TEXT;
    script.batch(
        List.of(
            ItemResults.value(0, "\"a\\tb\""),
            ItemResults.value(1, "{\"a\": 1}"),
            ItemResults.value(2, "{\"exitCode\":0,\"stdout\":\"no break\",\"stderr\":\"\"}"),
            ItemResults.value(3, "{\"exitCode\":0,\"stdoutBase64\":\"IQo=\",\"stderr\":\"\"}"),
            ItemResults.value(4, "not JSON")));

    assertThat(run("1\n2\n3\n4\n5\n").run()).isEqualTo(MapRun.End.COMPLETE);

    assertThat(out()).isEqualTo("a\tb\n{\"a\": 1}\nno break!\nbm90IEpTT04=\n");
  }

  @Test
  void shouldLogEachItemInTheColumnsOfParallel() throws IOException {
    Path file = folder.resolve("log");
    log = JobLog.open(file, false);
    script.batch(
        List.of(
            ItemResults.value(0, "144"),
            ItemResults.failure(
                1, "muster.ExecFailed", "sh ended with exit code 137 (signal 9): x"),
            ItemResults.failure(2, "k", "m")));

    assertThat(run("12\n13\n\"a\\tb\"\n").run()).isEqualTo(MapRun.End.COMPLETE);

    assertThat(Files.readAllLines(file))
        .containsExactly(
            "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand",
            "1\thost-a\t1700000000.123\t0.005\t2\t3\t0\t0\tsquare 12",
            "2\thost-a\t1700000000.123\t0.005\t2\t0\t137\t9\tsquare 13",
            "3\thost-a\t1700000000.123\t0.005\t6\t0\t1\t0\tsquare \"a\\tb\"");
    try (JobLog more = JobLog.open(file, true)) {
      more.add(ItemResults.value(3, "1"), 1, "square 1");
    }
    assertThat(Files.readAllLines(file)).hasSize(5);
  }

  /** Results in the order that a test wants. */
  private static final class Script implements MapRun.Results {
    private final Deque<List<ItemResult<ByteString>>> batches = new ArrayDeque<>();
    private final Deque<ItemResult<ByteString>> current = new ArrayDeque<>();
    private final List<String> acknowledged = new ArrayList<>();
    private Runnable onAcknowledge = () -> acknowledged.add("");
    private boolean inputEnded = true;
    private long planned;
    private long done;

    private void batch(List<ItemResult<ByteString>> results) {
      batches.add(results);
    }

    @Override
    public List<ItemResult<ByteString>> poll(int max, Duration timeout) {
      if (current.isEmpty()) {
        if (timeout.isZero()) {
          return List.of(); // the batch is over
        }
        current.addAll(batches.isEmpty() ? List.of() : batches.remove());
      }
      if (current.isEmpty()) {
        return List.of();
      }
      done++;
      return List.of(current.remove());
    }

    @Override
    public boolean hasNext() {
      return !batches.isEmpty() || !current.isEmpty();
    }

    @Override
    public void acknowledge() {
      onAcknowledge.run();
    }

    @Override
    public MapProgress progress() {
      return new MapProgress(planned, inputEnded, done, 0, 0);
    }
  }
}
