package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import dev.muster.common.QuietJava;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WorkerProcessTest {
  /** Not public, as many a main class. */
  static final class Mine {
    private Mine() {}

    public static void main(String[] args) {}
  }

  private static List<String> afterClassPath(WorkerProcess.Builder builder) {
    List<String> command = builder.command();
    int at = command.indexOf(System.getProperty("java.class.path"));
    return command.subList(at + 1, command.size());
  }

  @Test
  void shouldRunAMainClassOfTheClassPath() {
    assertThat(afterClassPath(WorkerProcess.main(Mine.class, "a", "b").name("mine")))
        .containsExactly(Mine.class.getName(), "a", "b");
    assertThat(WorkerProcess.main(Mine.class).jvmOption("-Xmx64m").command())
        .containsSubsequence("-Xmx64m", "-cp", Mine.class.getName());
  }

  @Test
  void shouldSayThatNativeLibrariesAreMeantWhereJavaWarnsOfThem() {
    assertThat(new ChildCommand(ChildOptions.standard()).builder("mark").command())
        .containsAll(QuietJava.forWorker());
    assertThat(WorkerProcess.main(Mine.class).command())
        .as("a program of one's own says it itself")
        .doesNotContain("--enable-native-access=ALL-UNNAMED");
  }

  @Test
  void shouldEndADaemonWithItsInput() {
    assertThat(afterClassPath(WorkerProcess.main(Mine.class, "a").daemon(true)))
        .containsExactly(UntilInputEnds.class.getName(), Mine.class.getName(), "a");
  }

  @Test
  void shouldRefuseAClassThatCannotRun() {
    assertThatThrownBy(() -> WorkerProcess.main(String.class))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("java.lang.String has no public static void main(String[])");
  }

  @Test
  void shouldSayWhenTheMusterCommandIsMissing() {
    assertThat(WorkerProcess.requireCommand(Mine.class.getName())).isEqualTo(Mine.class.getName());
    assertThatThrownBy(() -> WorkerProcess.requireCommand("dev.muster.Missing"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("dev.muster.Missing")
        .hasMessageContaining("add muster.jar");
  }
}
