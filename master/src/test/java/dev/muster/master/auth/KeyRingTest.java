package dev.muster.master.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;
import dev.muster.common.auth.ScramCredentials;
import java.util.List;
import org.junit.jupiter.api.Test;

final class KeyRingTest {
  @Test
  void shouldHoldSeveralKeys() {
    AuthKey old = AuthKey.generate();
    AuthKey next = AuthKey.generate();
    KeyRing ring = KeyRing.of(List.of(old, next));

    assertThat(ring.principalOf(old.id())).contains(new Principal(old.id()));
    assertThat(ring.principalOf(next.id())).contains(new Principal(next.id()));
    assertThat(ring.principalOf("other")).isEmpty();
    assertThat(ring.toString()).doesNotContain(old.secret());
  }

  @Test
  void shouldMakeUpSteadyCredentialsForUnknownIds() {
    AuthKey key = AuthKey.generate();
    KeyRing ring = KeyRing.of(List.of(key));

    ScramCredentials madeUp = ring.credentialsOf("nobody");

    assertThat(madeUp).isEqualTo(ring.credentialsOf("nobody"));
    assertThat(madeUp).isNotEqualTo(KeyRing.of(List.of(key)).credentialsOf("nobody"));
    ScramCredentials real = ring.credentialsOf(key.id());
    assertThat(madeUp.salt().size()).isEqualTo(real.salt().size());
    assertThat(madeUp.iterations()).isEqualTo(real.iterations());
  }

  @Test
  void shouldRefuseNoKeyAndDoubleIds() {
    assertThatThrownBy(() -> KeyRing.of(List.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("muster keygen");
    assertThatThrownBy(
            () ->
                KeyRing.of(
                    List.of(AuthKey.of("one long pass phrase"), AuthKey.of("another pass phrase"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("default");
  }
}
