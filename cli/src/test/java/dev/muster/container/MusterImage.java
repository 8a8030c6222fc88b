package dev.muster.container;

import com.github.dockerjava.api.DockerClient;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.images.builder.ImageFromDockerfile;

/**
 * Muster's image, built from the repository's {@code Dockerfile} and this build's jar, once in a
 * JVM.
 */
final class MusterImage {
  static final Path ROOT =
      Path.of(System.getProperty("muster.root", "..")).toAbsolutePath().normalize();
  static final Path JAR =
      Path.of(System.getProperty("muster.jar", ROOT.resolve("cli/target/muster.jar").toString()));

  private MusterImage() {}

  /** The image's name; builds it at the first call. Removed when the JVM ends. */
  static String name() {
    return Built.NAME;
  }

  /** Holder: the JVM runs its initializer once, and makes other threads wait for it. */
  private static final class Built {
    static final String NAME = build();

    private static String build() {
      String base = BaseImage.find().orElseThrow();
      String image =
          new ImageFromDockerfile("muster-it-" + UUID.randomUUID(), false)
              .withFileFromPath("Dockerfile", ROOT.resolve("Dockerfile"))
              .withFileFromPath("cli/target/muster.jar", JAR)
              .withBuildArg("BASE_IMAGE", base)
              // Never asks a registry: the base image is here.
              .withBuildImageCmdModifier(
                  cmd -> cmd.withPull(false).withLabels(Map.of(PrivateNetwork.LABEL, "true")))
              .get();
      // Testcontainers itself removes images only by its reaper, which has to come from a registry.
      DockerClient docker = DockerClientFactory.lazyClient();
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> docker.removeImageCmd(image).withForce(true).exec(), "remove-image"));
      return image;
    }
  }
}
