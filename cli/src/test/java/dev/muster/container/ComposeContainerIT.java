package dev.muster.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The Compose demo of the README, as it is printed there. */
@RequiresDocker(compose = true)
final class ComposeContainerIT {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Pattern RESULT = Pattern.compile("producer.*Result: (\\d+) \\* \\1 = \\d+");

  @Test
  void shouldPrintTenResultsAndExitWithZero() throws Exception {
    try (ComposeProject project = new ComposeProject("ComposeContainerIT")) {
      // when
      ComposeProject.Output output =
          project.run(PATIENCE, "up", "--build", "--no-color", "--exit-code-from", "producer");

      // then
      assertThat(output.exitCode()).as(output.text()).isZero();
      assertThat(RESULT.matcher(output.text()).results()).as(output.text()).hasSize(10);
    }
  }
}
