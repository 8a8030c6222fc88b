package dev.muster.container;

import java.nio.file.Files;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.testcontainers.DockerClientFactory;

/** Decides for {@link RequiresDocker}: run, skip aloud, or fail. */
final class DockerCondition implements ExecutionCondition {
  private static final String REQUIRE = "MUSTER_REQUIRE_DOCKER";

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<RequiresDocker> wanted =
        AnnotationSupport.findAnnotation(context.getRequiredTestClass(), RequiresDocker.class);
    Optional<String> missing = wanted.flatMap(w -> missing(w.compose()));
    if (missing.isEmpty()) {
      return ConditionEvaluationResult.enabled("containers can run");
    }
    if (Boolean.parseBoolean(System.getenv(REQUIRE))) {
      throw new IllegalStateException(
          REQUIRE + "=true, but container tests cannot run: " + missing.get());
    }
    if (context.getTestMethod().isEmpty()) {
      // The build's summary counts skipped tests, but does not say why.
      System.err.printf(
          "SKIPPED %s: %s%n", context.getRequiredTestClass().getSimpleName(), missing.get());
    }
    return ConditionEvaluationResult.disabled(missing.get());
  }

  private static Optional<String> missing(boolean compose) {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.of("no container engine answers; start one, or run `bash .ci/run`");
    }
    if (BaseImage.find().isEmpty()) {
      return Optional.of(
          "no base image is here; run `docker pull %s`, or `bash .ci/run`, which makes %s"
              .formatted(BaseImage.PUBLIC, BaseImage.LOCAL));
    }
    if (!Files.isRegularFile(MusterImage.JAR)) {
      return Optional.of("%s is not built; run `mvn verify`".formatted(MusterImage.JAR));
    }
    if (compose && ComposeProject.command().isEmpty()) {
      return Optional.of("neither `docker-compose` nor `docker compose` runs; install one");
    }
    return Optional.empty();
  }
}
