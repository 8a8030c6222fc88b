package dev.muster.bench;

import java.util.List;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** With what Java runs the master: the option of every scenario that says how fast one is. */
final class MasterJavaOption {
  @Option(
      names = "--master-java-opts",
      defaultValue = "-Xmx1g -XX:+UseParallelGC",
      description = "Options for the master's Java (default ${DEFAULT-VALUE}).")
  private String text = "";

  List<String> options() {
    return Pattern.compile("\\s+").splitAsStream(text).filter(one -> !one.isEmpty()).toList();
  }
}
