package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens is printed while it happens. */
@Timeout(120)
final class TailIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path data;

  @Test
  void shouldPrintLiveEventsAsJsonLines() throws IOException {
    try (FeatureRig rig = FeatureRig.start(data);
        JarProcess tail =
            JarProcess.start(rig.master().environment(), "tail", "live", "-o", "json")) {
      // given: the stream is open once it has shown a first task
      FeatureRig.until(
          "an event",
          () -> {
            long unused = rig.put("live.first", "--name", "square", "1");
            return !tail.outSoFar().isEmpty();
          });

      // when
      rig.put("elsewhere", "--name", "square", "1");
      long id = rig.put("live.tail", "--name", "square", "7");
      try (JarProcess unused = rig.workerProcess("live.tail")) {
        tail.awaitOut(".*\"task\": ?" + id + ",.*\"SUCCEEDED\".*");
      }

      // then
      List<String> states = new ArrayList<>();
      for (String line : tail.outSoFar().lines().toList()) {
        JsonNode event = JSON.readTree(line);
        assertThat(event.get("queue").asText()).startsWith("live.");
        if (event.get("task").asLong() == id) {
          assertThat(event.get("at").asText()).endsWith("Z");
          states.add(event.get("state").asText());
        }
      }
      assertThat(states).startsWith("READY").endsWith("SUCCEEDED").contains("RUNNING");
    }
  }
}
