package dev.muster.container;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The tests of this class need a container engine, a base image and the runnable jar. Where one is
 * missing they are skipped, and the reason is printed; with {@code MUSTER_REQUIRE_DOCKER=true} in
 * the environment, as in CI, they fail instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(DockerCondition.class)
@interface RequiresDocker {
  /** Whether a {@code docker-compose} command (1.29, or v2 under either name) is needed too. */
  boolean compose() default false;
}
