package dev.muster.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server's program that must be installed.
 *
 * @param name of its file
 * @param debianPackage that has it
 * @param directories where it is looked for
 */
record Program(String name, String debianPackage, List<Path> directories) {
  private static final Pattern VERSION = Pattern.compile("\\d+(\\.\\d+)+");

  Program {
    directories = List.copyOf(directories);
  }

  /** In the directories of the PATH, and in those where Debian has servers. */
  static Program onPath(String name, String debianPackage) {
    List<Path> directories = new ArrayList<>();
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (!directory.isEmpty()) {
        directories.add(Path.of(directory));
      }
    }
    directories.add(Path.of("/usr/sbin"));
    return new Program(name, debianPackage, directories);
  }

  /** Null when it is there. */
  @Nullable String absence() {
    return find() != null
        ? null
        : name + " is not installed (Debian package " + debianPackage + ")";
  }

  /**
   * Where it is.
   *
   * @throws ComparisonException when it is not installed
   */
  String path() {
    Path found = find();
    if (found == null) {
      throw new ComparisonException(String.valueOf(absence()));
    }
    return found.toString();
  }

  private @Nullable Path find() {
    for (Path directory : directories) {
      Path file = directory.resolve(name);
      if (Files.isExecutable(file)) {
        return file;
      }
    }
    return null;
  }

  /** The version that it prints when started with this argument; "unknown" when it prints none. */
  String version(String argument) {
    try {
      Process process = new ProcessBuilder(path(), argument).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return firstVersion(said);
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The first numbers with points between them. */
  static String firstVersion(String text) {
    Matcher found = VERSION.matcher(text);
    return found.find() ? found.group() : "unknown";
  }
}
