package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each command of a client against a running master. Every test has queues of its own. */
class CliIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  @TempDir private static Path folder;
  private static MasterProcess master;

  @BeforeAll
  static void startMaster() {
    master = MasterProcess.start(folder.resolve("data"), MasterProcess.newKey());
  }

  @AfterAll
  static void stopMaster() {
    master.close();
  }

  @Test
  void shouldTakeWhatWasPutInItsOrder() {
    CommandRun put = master.run("put", "--queue", "order", "{\"a\": 1}", "\"é\"", "3");
    CommandRun take = master.run("take", "--queue", "order", "--count", "3");

    assertSucceeded(put);
    assertThat(put.outLines()).hasSize(3).allMatch(id -> id.matches("\\d+"));
    assertSucceeded(take);
    assertThat(take.outLines()).containsExactly("{\"a\": 1}", "\"é\"", "3");
  }

  @Test
  void shouldPutEachLineOfStandardInput() {
    String numbers =
        IntStream.range(0, 20_000).mapToObj(Integer::toString).collect(Collectors.joining("\n"));

    CommandRun put = master.runWithInput(numbers, "put", "--queue", "lines");
    CommandRun take =
        master.run("take", "--queue", "lines", "--count", "20000", "--timeout", "30s");

    assertSucceeded(put);
    assertThat(put.outLines()).hasSize(20_000).doesNotHaveDuplicates();
    assertSucceeded(take);
    assertThat(String.join("\n", take.outLines())).isEqualTo(numbers);
  }

  @Test
  void shouldPutWhatStandsBeforeALineThatIsNotJsonAndNothingAfterIt() {
    CommandRun put = master.runWithInput("1\n\n2\n{oops\n5\n", "put", "--queue", "stop");
    CommandRun take = master.run("take", "--queue", "stop", "--count", "3", "--timeout", "100ms");

    assertThat(put.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(put.errLines()).singleElement().asString().contains("line 4, column 2 is not JSON");
    assertThat(put.outLines()).hasSize(2);
    assertThat(take.outLines()).containsExactly("1", "2");
    assertThat(take.exitCode()).isEqualTo(ExitCode.TIMED_OUT);
  }

  @Test
  void shouldRefuseALineOverThePayloadLimit() {
    CommandRun put =
        master.runWithInput("1\n\"" + "x".repeat(5 << 20) + "\"\n", "put", "--queue", "large");

    assertThat(put.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(put.errLines()).singleElement().asString().contains("line 2", "4194304 bytes");
    assertThat(put.outLines()).hasSize(1);
  }

  @Test
  void shouldPutALineOfExactlyThePayloadLimit() {
    String largest = "\"" + "x".repeat((4 << 20) - 2) + "\"";

    assertSucceeded(master.runWithInput(largest, "put", "--queue", "largest"));

    CommandRun take = master.run("take", "--queue", "largest");
    assertSucceeded(take);
    assertThat(take.out().strip().equals(largest)).isTrue();
  }

  @Test
  void shouldTimeOutWhenNothingComes() {
    CommandRun take = master.run("take", "--queue", "empty", "--timeout", "50ms");

    assertThat(take)
        .isEqualTo(new CommandRun(3, "", "muster: took 0 of 1 from queue empty within 50 ms\n"));
  }

  @Test
  void shouldTimeOutWhenNoResultComes() {
    CommandRun put =
        master.run(
            "put", "--queue", "nobody", "--name", "square", "--await", "--timeout", "50ms", "1");

    assertThat(put.exitCode()).isEqualTo(ExitCode.TIMED_OUT);
    assertThat(put.errLines()).hasSize(1);
  }

  @Test
  void shouldListQueuesAsTableAndAsJson() throws IOException {
    assertSucceeded(master.run("put", "--queue", "list.a", "1", "2"));
    assertSucceeded(master.run("put", "--queue", "list.b", "1"));

    CommandRun table = master.run("queues", "list.");
    CommandRun json = master.run("queues", "list.", "-o", "json");

    assertThat(table.outLines()).hasSize(3);
    assertThat(table.outLines().get(0)).startsWith("QUEUE").contains("READY", "RUNNING");
    assertThat(table.outLines().get(1)).matches("list\\.a +2 +0 .*");
    JsonNode queues = JSON.readTree(json.out());
    assertThat(queues).hasSize(2);
    assertThat(queues.get(1).get("name").asText()).isEqualTo("list.b");
    assertThat(queues.get(1).get("ready").asInt()).isEqualTo(1);
  }

  @Test
  void shouldShowATaskAsTableAndAsJson() throws IOException {
    String id =
        master.run("put", "--queue", "show", "--name", "square", "{\"n\": 7}").out().strip();

    CommandRun table = master.run("task", "show", id);
    CommandRun json = master.run("task", "show", id, "-o", "json");

    assertThat(table.outLines())
        .contains(
            "id         " + id, "state      READY", "handler    square", "payload    {\"n\": 7}");
    JsonNode task = JSON.readTree(json.out());
    assertThat(task.get("payload").get("n").asInt()).isEqualTo(7);
    assertThat(task.get("attempts").asInt()).isZero();
  }

  @Test
  void shouldFailWhenATaskIsUnknown() {
    CommandRun show = master.run("task", "show", "987654321");

    assertThat(show.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(show.errLines()).singleElement().asString().contains("987654321");
  }

  @Test
  void shouldSayThatTheKeyIsWrong() {
    var environment = master.environment();
    environment.put("MUSTER_AUTH_KEY", MasterProcess.newKey());

    CommandRun queues = JarProcess.run(environment, "queues");
    CommandRun worker = JarProcess.run(environment, "worker", "--queue", "any");

    for (CommandRun run : List.of(queues, worker)) {
      assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.AUTHENTICATION);
      assertThat(run.errLines()).hasSize(1);
    }
  }

  @Test
  void shouldRunWithoutMasterVariableWhenTheOptionIsGiven() {
    var environment = master.environment();
    environment.remove("MUSTER_MASTER");

    assertSucceeded(JarProcess.run(environment, "queues", "--master", master.address()));
  }

  private static void assertSucceeded(CommandRun run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }
}
