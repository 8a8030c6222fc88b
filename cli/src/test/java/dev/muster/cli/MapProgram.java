package dev.muster.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A program as a user would write it: maps the numbers up to N under a name, and appends each
 * result to a file. Started again it goes on, and leaves out what stands in the file already.
 */
final class MapProgram {
  private static final String SOURCE =
      """
      package example;

      import dev.muster.client.Muster;
      import dev.muster.client.pool.*;
      import dev.muster.common.AuthKey;
      import java.nio.file.*;
      import java.util.stream.IntStream;

      public final class MapNumbers {
        public static void main(String[] args) throws Exception {
          Path file = Path.of(args[1]);
          int items = Integer.parseInt(args[2]);
          long written = Files.exists(file) ? Files.readAllLines(file).size() : 0;
          RemoteFunction<Integer, Integer> square =
              RemoteFunction.of("square", Integer.class, Integer.class);
          MapOptions options = MapOptions.defaults().named(args[3]).chunkSize(5);
          try (Muster muster = Muster.connect(args[0], AuthKey.fromEnvironment());
              Pool pool = muster.pool("numbers");
              MapResults<Integer> results =
                  pool.imap(square, IntStream.range(0, items).iterator(), options)) {
            while (results.hasNext()) {
              ItemResult<Integer> item = results.nextResult();
              if (item.index() >= written) {
                String line = item.index() + " " + item.get() + "\\n";
                Files.writeString(
                    file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
              }
            }
          }
          System.out.println("delivered before: " + written);
        }
      }
      """;

  private MapProgram() {}

  /** Makes a folder of classes. */
  static Path compile(Path folder) {
    try {
      Path classes = Files.createDirectories(folder.resolve("program"));
      JavaSources.compile(classes, Files.writeString(folder.resolve("MapNumbers.java"), SOURCE));
      return classes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JarProcess start(MasterProcess master, Path classes, Path file, int items, String name) {
    return JarProcess.startCommand(
        master.environment(),
        Path.of("").toAbsolutePath(),
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classes + File.pathSeparator + JarProcess.JAR,
            "example.MapNumbers",
            master.address(),
            file.toString(),
            Integer.toString(items),
            name));
  }
}
