package dev.muster.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.muster.common.codec.Codec;
import dev.muster.worker.TaskHandler;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** Makes what a user puts on the class path of a worker: small handlers, compiled at run time. */
final class UserHandlers {
  private static final String HANDLER =
      """
      package example;

      import dev.muster.common.codec.Codec;
      import dev.muster.common.codec.Codecs;
      import dev.muster.worker.TaskContext;
      import dev.muster.worker.TaskHandler;

      public class CLASS implements TaskHandler<String> {
        MEMBERS

        @Override
        public String name() {
          return "NAME";
        }

        @Override
        public Codec<String> payload() {
          return Codecs.json(String.class);
        }

        @Override
        public Object run(String value, TaskContext context) throws Exception {
          return RESULT;
        }
      }
      """;

  private UserHandlers() {}

  /** A handler class in package example, with other members than TaskHandler asks for. */
  static void handler(Path classes, String simpleName, String name, String result, String members) {
    compile(
        classes,
        simpleName,
        HANDLER
            .replace("CLASS", simpleName)
            .replace("NAME", name)
            .replace("RESULT", result)
            .replace("MEMBERS", members));
  }

  /** A handler class that returns a constant. */
  static void handler(Path classes, String simpleName, String name, String result) {
    handler(classes, simpleName, name, "\"" + result + "\"", "");
  }

  /** Any class in package example. */
  static void compile(Path classes, String simpleName, String source) {
    try {
      Files.createDirectories(classes);
      Path file =
          Files.writeString(
              Files.createTempDirectory("muster-source-").resolve(simpleName + ".java"), source);
      JavaSources.compile(worker(), classes, file);
      Files.delete(file);
      Files.delete(file.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The classes of the worker library as this test finds them: there is no jar yet. */
  private static String worker() {
    return Stream.of(TaskHandler.class, Codec.class, TypeReference.class)
        .map(
            type -> {
              try {
                return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .toString();
              } catch (URISyntaxException e) {
                throw new AssertionError(e);
              }
            })
        .distinct()
        .reduce((one, other) -> one + File.pathSeparator + other)
        .orElseThrow();
  }

  /** Names handler classes as ServiceLoader has it. */
  static Path name(Path classes, String... classNames) {
    try {
      Path list = classes.resolve(HandlerPath.SERVICES);
      Files.createDirectories(list.getParent());
      Files.write(list, List.of(classNames));
      return classes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path jar(Path classes, Path jar) {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file);
        Stream<Path> all = Files.walk(classes)) {
      for (Path each : all.filter(Files::isRegularFile).toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(each).toString()));
        Files.copy(each, out);
      }
      return jar;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes a class look as if it was compiled for this Java. */
  static void compiledFor(Path classFile, int java) {
    try {
      byte[] bytes = Files.readAllBytes(classFile);
      bytes[7] = (byte) (java + 44); // the version's low byte
      Files.write(classFile, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
