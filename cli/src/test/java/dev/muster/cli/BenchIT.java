package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each scenario of the bench says what it measured; how much is no matter here. */
final class BenchIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static JsonNode bench(String... arguments) throws IOException {
    CommandRun run = JarProcess.run(Map.of(), arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.outLines()).hasSize(1);
    return JSON.readTree(run.out());
  }

  @Test
  void shouldCountWholeLivesAndWhatTheyTook() throws IOException {
    JsonNode figures =
        bench("bench", "lifecycle", "--tasks", "3000", "--warm-up", "1000", "-o", "json");
    assertThat(figures.get("lifecycles_per_s").asLong()).isPositive();
    assertThat(figures.get("fsyncs").asLong()).isPositive();
    assertThat(figures.get("master_cpu_s").asDouble()).isPositive();
    assertThat(figures.get("refused").asLong()).isZero();
  }

  @Test
  void shouldMeasureLatenciesAtASteadyRate() throws IOException {
    JsonNode figures =
        bench(
            "bench", "steady", "--rate", "2000", "--tasks", "2000", "--warm-up", "0", "-o", "json");
    double put = figures.get("put_ms").get("p50").asDouble();
    double end = figures.get("end_to_end_ms").get("p50").asDouble();
    assertThat(put).isPositive();
    assertThat(end).isGreaterThan(figures.get("put_to_start_ms").get("p50").asDouble());
  }

  @Test
  void shouldStartAgainWithABacklogAndDrainIt() throws IOException {
    JsonNode figures =
        bench(
            "bench",
            "backlog",
            "--waiting",
            "5000",
            "--tasks",
            "2000",
            "--warm-up",
            "1000",
            "-o",
            "json");
    assertThat(figures.get("restart_ready_s").asDouble()).isPositive();
    assertThat(figures.get("drained_per_s").asLong()).isPositive();
    assertThat(figures.get("master_heap_mb").asLong()).isPositive();
  }

  @Test
  void shouldMeasurePutsManyAtOnceAndOneAtATime() throws IOException {
    JsonNode figures = bench("bench", "put", "--tasks", "3000", "--warm-up", "0", "-o", "json");
    assertThat(figures.get("puts_per_s").asLong()).isPositive();
    assertThat(figures.get("one_at_a_time_ms").get("p99").asDouble()).isPositive();
  }
}
