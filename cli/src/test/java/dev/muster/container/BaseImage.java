package dev.muster.container;

import com.github.dockerjava.api.exception.NotFoundException;
import java.util.Optional;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;

/**
 * The JRE image that Muster's image is made from. It must be in the engine already: a test never
 * pulls.
 */
final class BaseImage {
  /** The default of the repository's {@code Dockerfile}. */
  static final String PUBLIC = "eclipse-temurin:17-jre";

  /** Made by {@code .ci/run} where no registry answers. */
  static final String LOCAL = "muster-jre:local";

  private BaseImage() {}

  /** {@code MUSTER_BASE_IMAGE} if it is set; else the local one, else the public one. */
  static Optional<String> find() {
    String wanted = System.getenv("MUSTER_BASE_IMAGE");
    Stream<String> candidates =
        wanted == null || wanted.isBlank() ? Stream.of(LOCAL, PUBLIC) : Stream.of(wanted);
    return candidates.filter(BaseImage::isPresent).findFirst();
  }

  private static boolean isPresent(String image) {
    try {
      DockerClientFactory.lazyClient().inspectImageCmd(image).exec();
      return true;
    } catch (NotFoundException absent) {
      return false;
    }
  }
}
