package dev.muster.master;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class MasterConfigTest {
  private static MasterConfig.Builder valid() {
    return MasterConfig.builder().data(Path.of("data")).authKey(AuthKey.generate());
  }

  private static void refused(MasterConfig.Builder builder, String why) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(why);
  }

  @Test
  void shouldHaveSafeDefaultsWhenNothingIsSet() {
    MasterConfig config = valid().build();
    assertThat(config.host()).isEqualTo("127.0.0.1");
    assertThat(config.port()).isEqualTo(MasterConfig.PORT_DEFAULT);
    assertThat(config.plaintext()).isFalse();
  }

  @Test
  void shouldRefuseWhenSomethingIsMissing() {
    refused(MasterConfig.builder().authKey(AuthKey.generate()), "--data DIR");
    refused(MasterConfig.builder().data(Path.of("data")), "muster keygen");
  }

  @Test
  void shouldRefuseWhenANumberIsOutOfRange() {
    refused(valid().port(-1), "port must be 0 to 65535, found -1");
    refused(valid().port(65_536), "port must be 0 to 65535");
    refused(valid().diskFloorBytes(-1), "must not be negative");
  }

  @Test
  void shouldAllowPlaintextOnlyOnLoopback() {
    assertThat(valid().plaintext(true).host("127.0.0.1").build().plaintext()).isTrue();
    assertThat(valid().plaintext(true).host("::1").build().plaintext()).isTrue();
    refused(valid().plaintext(true).host("0.0.0.0"), "only on a loopback address");
    refused(valid().plaintext(true).host("192.0.2.1"), "only on a loopback address");
  }

  @Test
  void shouldNotShowTheKeyWhenPrinted() {
    AuthKey key = AuthKey.generate();
    MasterConfig config = MasterConfig.builder().data(Path.of("data")).authKey(key).build();
    assertThat(config.toString()).doesNotContain(key.toText());
  }
}
