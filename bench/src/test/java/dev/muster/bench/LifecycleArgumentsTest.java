package dev.muster.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

final class LifecycleArgumentsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lifecycle --tasks 0          | --tasks must be at least 1, found 0",
        "lifecycle --warm-up -1       | --warm-up must be at least 0, found -1",
        "lifecycle --payload 7        | --payload must be at least 8, found 7",
        "lifecycle --result -1        | --result must be at least 0, found -1",
        "lifecycle --workers 0        | --workers must be at least 1, found 0",
        "lifecycle --credit -1        | --credit must be at least 0, found -1",
        "lifecycle --unfinished-max 0 | --unfinished-max must be at least 1, found 0",
        "lifecycle --groups -1        | --groups must be at least 0, found -1",
        "steady --rate 0              | --rate must be at least 1, found 0",
        "steady --result 7            | --result must be at least 8, found 7",
        "backlog --waiting 0          | --waiting must be at least 1, found 0",
        "restart --waiting 0          | --waiting must be at least 1, found 0",
        "tls --rounds 0               | --rounds must be at least 1, found 0",
        "unary --pause -1             | --pause must be at least 0, found -1",
        "pool --items 0               | --items must be at least 1, found 0",
        "dispatch --waiting 999       | --waiting must be at least 1000, found 999",
        "dispatch --groups 99         | --groups must be at least 100, found 99",
      })
  void shouldSayWhichNumberIsTooSmallBeforeAMasterStarts(String line, String said) {
    StringWriter errors = new StringWriter();
    CommandLine bench = new CommandLine(new BenchCommand());
    bench.setExecutionExceptionHandler(
        (failure, on, parsed) -> {
          errors.append(failure.getMessage());
          return 2;
        });
    bench.setErr(new PrintWriter(errors));

    assertThat(bench.execute(line.split(" "))).isEqualTo(2);
    assertThat(errors.toString()).contains(said);
  }
}
