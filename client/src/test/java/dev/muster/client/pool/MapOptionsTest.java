package dev.muster.client.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MapOptionsTest {
  private static final MapOptions DEFAULTS = MapOptions.defaults();

  @ParameterizedTest
  @ValueSource(strings = {"a.state", "a.lock", "night.ly.state"})
  void shouldRefuseANameThatIsAQueueOfAnotherMap(String name) {
    assertThatThrownBy(() -> DEFAULTS.named(name))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith("a map's name must not end in .state or .lock, found " + name);
  }

  @Test
  void shouldTakeNamesThatOnlyLookLikeThem() {
    assertThat(DEFAULTS.named("a.states").name()).isEqualTo("a.states");
    assertThat(DEFAULTS.named("state").name()).isEqualTo("state");
    assertThatThrownBy(() -> DEFAULTS.named("x".repeat(201)))
        .hasMessageContaining("at most 200 characters, found 201");
  }
}
