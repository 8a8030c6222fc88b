package dev.muster.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A handler for worker processes that waits until the test lets it go. Its payload is a path, its
 * result the worker's process id.
 */
final class GateHandler {
  static final String NAME = "gate";

  private static final String SOURCE =
      """
      package example;

      import dev.muster.common.codec.Codec;
      import dev.muster.common.codec.Codecs;
      import dev.muster.worker.TaskContext;
      import dev.muster.worker.TaskHandler;
      import java.nio.file.Files;
      import java.nio.file.Path;

      public final class Gate implements TaskHandler<String> {
        @Override
        public String name() {
          return "gate";
        }

        @Override
        public Codec<String> payload() {
          return Codecs.json(String.class);
        }

        @Override
        public Object run(String gate, TaskContext context) throws Exception {
          long pid = ProcessHandle.current().pid();
          Files.createFile(Path.of(gate + ".reached-" + pid));
          while (!Files.exists(Path.of(gate + ".open-" + pid))) {
            context.checkCancelled();
            Thread.sleep(10);
          }
          return pid;
        }
      }
      """;

  private GateHandler() {}

  /** Makes a folder for {@code --classpath}. */
  static Path compile(Path folder) {
    try {
      Path classes = Files.createDirectories(folder.resolve("classes"));
      JavaSources.compile(classes, Files.writeString(folder.resolve("Gate.java"), SOURCE));
      Path services = Files.createDirectories(classes.resolve("META-INF/services"));
      Files.writeString(services.resolve("dev.muster.worker.TaskHandler"), "example.Gate\n");
      return classes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until this worker runs the task of this gate. */
  static void awaitReached(Path gate, JarProcess worker) {
    FeatureRig.until(
        gate + " is reached", () -> Files.exists(of(gate, ".reached-", worker.handle().pid())));
  }

  /** Lets this worker finish the task of this gate. */
  static void open(Path gate, JarProcess worker) {
    try {
      Files.createFile(of(gate, ".open-", worker.handle().pid()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path of(Path gate, String what, long pid) {
    return gate.resolveSibling(gate.getFileName() + what + pid);
  }
}
