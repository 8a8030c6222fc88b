package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A bench that somebody stops leaves no data behind, which can be gigabytes. */
@Timeout(180)
final class BenchStopIT {
  @TempDir private Path folder;

  @Test
  void shouldRemoveItsDataWhenItIsKilled() {
    try (JarProcess bench =
        JarProcess.startWith(
            List.of("-Djava.io.tmpdir=" + folder), Map.of(), "bench", "lifecycle")) {
      FeatureRig.until("its master has data", () -> files("/") > 0);
      List<ProcessHandle> masters = bench.handle().descendants().toList();
      assertThat(masters).isNotEmpty();
      bench.kill();
      masters.forEach(master -> master.onExit().join());
      assertThat(files("")).isZero();
    }
  }

  /** How many there are of the bench, with this in their path. */
  private long files(String part) {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.map(path -> folder.relativize(path).toString())
          .filter(name -> name.startsWith("muster-bench") && name.contains(part))
          .count();
    } catch (IOException | UncheckedIOException e) {
      return 0; // something went while it was looked at
    }
  }
}
