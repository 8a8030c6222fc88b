package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each scenario of the bench says what it measured; how much is no matter here. */
final class BenchIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What every line says of how it was measured. */
  private static final String[] CIRCUMSTANCES = {
    "scenario", "durable", "batch", "cores", "muster", "java", "os"
  };

  /** What every line says of what it took that comes from a master and clients. */
  private static final String[] USAGE = {
    "credit",
    "fsyncs",
    "tasks_per_fsync",
    "master_cpu_s",
    "client_cpu_s",
    "master_peak_rss_mb",
    "client_peak_rss_mb"
  };

  /**
   * What a scenario prints.
   *
   * @param words the scenario and its options, separated by spaces
   */
  private static JsonNode bench(String words, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("bench"));
    arguments.addAll(List.of(words.split(" ")));
    arguments.addAll(List.of(more));
    arguments.addAll(List.of("-o", "json"));
    CommandRun run = JarProcess.run(Map.of(), arguments.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.outLines()).hasSize(1);
    JsonNode figures = JSON.readTree(run.out());
    assertThat(figures.fieldNames()).toIterable().contains(CIRCUMSTANCES);
    return figures;
  }

  /** The same, with masters that start in little time; more options for their Java. */
  private static JsonNode benchQuickly(String words, String... masterOptions) throws IOException {
    List<String> options = new ArrayList<>(List.of(masterOptions));
    options.addAll(ClassArchive.QUICK_START);
    options.addAll(ClassArchive.options());
    options.removeIf(option -> option.contains(" ")); // a folder's name; the bench splits there
    return bench(words, "--master-java-opts", String.join(" ", options));
  }

  private static void assertSaysWhatItTook(JsonNode figures) {
    assertThat(figures.fieldNames()).toIterable().contains(USAGE);
    assertThat(figures.get("fsyncs").asLong()).isPositive();
  }

  @Test
  void shouldCountWholeLivesAndWhatTheyTook() throws IOException {
    JsonNode figures = bench("lifecycle --tasks 3000 --warm-up 1000");
    assertThat(figures.get("lifecycles_per_s").asLong()).isPositive();
    assertSaysWhatItTook(figures);
    assertThat(figures.get("master_cpu_s").asDouble()).isPositive();
    assertThat(figures.get("refused").asLong()).isZero();
  }

  @Test
  void shouldMeasureLatenciesAtASteadyRate() throws IOException {
    JsonNode figures = benchQuickly("steady --rate 2000 --tasks 1000 --warm-up 0");
    assertSaysWhatItTook(figures);
    double put = figures.get("put_ms").get("p50").asDouble();
    double end = figures.get("end_to_end_ms").get("p50").asDouble();
    assertThat(put).isPositive();
    assertThat(end).isGreaterThan(figures.get("put_to_start_ms").get("p50").asDouble());
  }

  @Test
  void shouldStartAgainWithABacklogAndDrainIt() throws IOException {
    JsonNode figures = benchQuickly("backlog --waiting 5000 --tasks 2000 --warm-up 0");
    assertSaysWhatItTook(figures);
    assertThat(figures.get("restart_ready_s").asDouble()).isPositive();
    // 0 where so small a backlog is gone before it is waited for.
    assertThat(figures.get("drained_per_s").asLong()).isNotNegative();
    assertThat(figures.get("master_heap_mb").asLong()).isPositive();
  }

  @Test
  void shouldSayWhatALifeCostsByTheNumberThatWaits() throws IOException {
    JsonNode figures = benchQuickly("growth --waiting 500,2000 --tasks 1000 --warm-up 0");
    JsonNode few = figures.get("by_waiting").get("500");
    JsonNode many = figures.get("by_waiting").get("2000");
    assertThat(few.get("through_cpu_us_per_task").asDouble()).isPositive();
    assertThat(many.get("through_fsyncs").asLong()).isPositive();
    assertThat(many.get("beside_cpu_us_per_task").asDouble()).isPositive();
    assertThat(many.get("beside_ratio").asDouble()).isPositive();
    assertThat(figures.get("base_all")).hasSize(2);
    assertThat(figures.get("credit").asInt()).isPositive();
  }

  @Test
  void shouldRefuseNumbersThatDoNotAscend() {
    CommandRun run = JarProcess.run(Map.of(), "bench", "growth", "--waiting", "1000,1000");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--waiting must ascend from 1 or more, found [1000, 1000]");
  }

  @Test
  void shouldMeasurePutsManyAtOnceAndOneAtATime() throws IOException {
    JsonNode figures = benchQuickly("put --tasks 3000 --warm-up 0");
    assertSaysWhatItTook(figures);
    assertThat(figures.get("puts_per_s").asLong()).isPositive();
    assertThat(figures.get("one_at_a_time_ms").get("p99").asDouble()).isPositive();
  }

  @Test
  void shouldCompareLivesWithAndWithoutRules() throws IOException {
    JsonNode figures = benchQuickly("rules --rounds 1 --tasks 1000 --warm-up 0");
    assertSaysWhatItTook(figures);
    assertThat(figures.get("plain_lifecycles_per_s").asLong()).isPositive();
    assertThat(figures.get("rules_lifecycles_per_s").asLong()).isPositive();
  }

  @Test
  void shouldMeasureWhatDispatchCostsWithoutALog() throws IOException {
    JsonNode figures = bench("dispatch --waiting 2000 --tasks 1000");
    assertThat(figures.get("lease_and_settle_us_by_waiting").get("2000").asDouble()).isPositive();
    assertThat(figures.get("durable").asText()).isEqualTo("not at all: no log");
    assertThat(figures.get("fsyncs").asLong()).isZero();
  }

  @Test
  void shouldMeasureAPoolsMap() throws IOException {
    JsonNode figures = benchQuickly("pool --items 2000 --warm-up 1000");
    assertSaysWhatItTook(figures);
    assertThat(figures.get("items_per_s").asLong()).isPositive();
  }

  @Test
  void shouldSpreadTasksAmongQueues() throws IOException {
    JsonNode figures =
        benchQuickly("queues --queues 1,1500 --run 2 --rounds 1 --tasks 4000 --warm-up 0");
    JsonNode many = figures.get("by_queues").get("1500");
    assertThat(many.get("lifecycles_per_s").asLong()).isPositive();
    assertThat(many.get("fsyncs").asLong()).isPositive();
    assertThat(many.get("ratio").asDouble()).isPositive();
    assertThat(many.get("refused").asLong()).isZero();
    assertThat(figures.get("by_queues").get("1").get("ratio").asDouble()).isEqualTo(1);
    assertThat(figures.get("credit").asInt()).isPositive();
  }

  @Test
  void shouldSpreadTasksAmongWorkers() throws IOException {
    JsonNode figures =
        benchQuickly("workers --sessions 2,20 --queues 10 --rounds 1 --tasks 2000 --warm-up 0");
    assertThat(figures.get("by_workers").get("20").get("lifecycles_per_s").asLong()).isPositive();
    assertThat(figures.get("by_workers").get("2").get("ratio").asDouble()).isEqualTo(1);
    assertThat(figures.get("queues").asInt()).isEqualTo(10);
  }

  @Test
  void shouldRefuseFewerWorkersThanTheQueuesNeed() {
    CommandRun run =
        JarProcess.run(Map.of(), "bench", "workers", "--sessions", "2", "--queues", "10000");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--sessions must be at least 10 to serve 10000 queues, found 2");
  }

  @Test
  void shouldCompareSizesOfPayloadsWithTheDisk() throws IOException {
    JsonNode figures =
        benchQuickly(
            "payload --sizes 16,1048576 --bytes 4194304 --rounds 1 --tasks 1000 --warm-up 0");
    JsonNode large = figures.get("by_payload").get("1048576");
    assertThat(large.get("mb_per_s").asDouble()).isPositive();
    assertThat(large.get("of_disk").asDouble()).isPositive();
    assertThat(large.get("n").asInt()).isEqualTo(4);
    assertThat(large.get("refused").asLong()).isZero();
    assertThat(figures.get("disk_mb_per_s_fsync_1_mib").asDouble()).isPositive();
    assertThat(figures.get("disk_mb_per_s_fsync_8_mib").asDouble()).isPositive();
  }

  @Test
  void shouldCompareLivesWithAndWithoutTls() throws IOException {
    JsonNode figures = benchQuickly("tls --rounds 1 --tasks 1000 --warm-up 0");
    assertThat(figures.get("by_tls").get("off").get("tls").asBoolean()).isFalse();
    assertThat(figures.get("by_tls").get("on").get("tls").asBoolean()).isTrue();
    assertThat(figures.get("by_tls").get("on").get("ratio").asDouble()).isPositive();
  }

  @Test
  void shouldMeasureOneTaskAtATime() throws IOException {
    JsonNode figures = benchQuickly("unary --tasks 30 --warm-up 10");
    assertSaysWhatItTook(figures);
    assertThat(figures.get("unary_put_ms").get("p90").asDouble()).isPositive();
    assertThat(figures.get("put_to_start_ms").get("p99").asDouble()).isPositive();
  }

  @Test
  void shouldStartWithAllThatWaitAlsoAfterAKill() throws IOException {
    JsonNode figures =
        benchQuickly("restart --waiting 3000 --rounds 1 --tasks 1000 --warm-up 0", "-Xmx256m");
    assertSaysWhatItTook(figures);
    assertThat(figures.get("ready_after_kill_s").asDouble()).isPositive();
    assertThat(figures.get("ready_s").asDouble()).isPositive();
    assertThat(figures.get("master_heap_mb").asLong()).isPositive();
    assertThat(figures.get("ratio").asDouble()).isPositive();
    assertThat(figures.get("master_heap_max_mb").asLong()).isBetween(200L, 256L);
    for (String phase : new String[] {"put", "after_kill", "restart", "lives"}) {
      assertThat(figures.get(phase + "_heap_mb").asLong()).as(phase).isPositive();
      assertThat(figures.has(phase + "_peak_rss_mb")).as(phase).isTrue();
    }
  }
}
