package dev.muster.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.common.QuietJava;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class MasterProcessTest {
  @Test
  void shouldStartAMasterThatWarnsOfNothingAndLetTheGivenOptionsHaveTheLastWord() {
    List<String> options = new ArrayList<>(QuietJava.forMaster());
    options.addAll(List.of("-Xmx1g", "-cp", System.getProperty("java.class.path")));

    List<String> command = MasterProcess.command(Path.of("data"), true, List.of("-Xmx1g"));

    assertThat(command.subList(1, 1 + options.size())).isEqualTo(options);
    assertThat(command).endsWith(MasterProcess.class.getName(), Path.of("data").toString(), "true");
  }

  /** The command's main sets it for its own process only: the master measured must have it, too. */
  @Test
  void shouldLookForLeaksNoMoreThanTheCommandDoes() {
    String level = "io.netty.leakDetection.level";
    String before = System.getProperty(level);
    System.setProperty(level, "disabled");
    try {
      assertThat(MasterProcess.command(Path.of("data"), true, List.of()))
          .contains("-Dio.netty.leakDetection.level=disabled");
    } finally {
      if (before == null) {
        System.clearProperty(level);
      } else {
        System.setProperty(level, before);
      }
    }
  }

  @Test
  void shouldTakeOptionsForItsJavaApartAtSpaces() {
    assertThat(options("-Xmx2g  -XX:+UseSerialGC ")).containsExactly("-Xmx2g", "-XX:+UseSerialGC");
    assertThat(options("")).as("none").isEmpty();
  }

  private static List<String> options(String text) {
    MasterJavaOption option = new MasterJavaOption();
    new CommandLine(new Holder(option)).parseArgs("--master-java-opts", text);
    return option.options();
  }

  @CommandLine.Command
  private record Holder(@CommandLine.Mixin MasterJavaOption option) {}
}
