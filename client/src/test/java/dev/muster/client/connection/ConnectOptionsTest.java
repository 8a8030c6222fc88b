package dev.muster.client.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.common.AuthKey;
import dev.muster.common.InvalidInputException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ConnectOptionsTest {
  private static final AuthKey KEY = AuthKey.generate();

  @Test
  void shouldReadNamesAndAddresses() {
    assertThat(MasterAddress.parse("master-1.example:5000"))
        .isEqualTo(new MasterAddress("master-1.example", 5000));
    assertThat(MasterAddress.parse("[::1]:65535")).isEqualTo(new MasterAddress("::1", 65535));
    assertThat(MasterAddress.parse("[::1]:65535")).hasToString("[::1]:65535");
  }

  @Test
  void shouldRefuseTextThatIsNoAddress() {
    for (String text :
        List.of(
            "",
            "host",
            "host:",
            ":5000",
            "host:0",
            "host:65536",
            "http://host:1",
            "a b:1",
            "::1:5000")) {
      assertThatThrownBy(() -> ConnectOptions.to(text, KEY))
          .as(text)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("HOST:PORT")
          .hasMessageContaining("found \"" + text + "\"");
    }
  }

  @Test
  void shouldAllowPlaintextToLoopbackOnly() {
    for (String host :
        List.of("127.0.0.1", "127.8.9.1", "localhost", "[::1]", "[0:0:0:0:0:0:0:1]")) {
      assertThat(ConnectOptions.to(host + ":1", KEY).withPlaintext(true).plaintext()).isTrue();
    }
    for (String host : List.of("10.0.0.1", "localhost.example", "[::2]", "[fe80::1]", "[::11]")) {
      assertThatThrownBy(() -> ConnectOptions.to(host + ":1", KEY).withPlaintext(true))
          .as(host)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("only to a loopback address");
    }
  }

  @Test
  void shouldRefuseTimeoutOutOfRange() {
    ConnectOptions options = ConnectOptions.to("host:1", KEY);

    assertThatThrownBy(() -> options.withConnectTimeout(Duration.ZERO))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void shouldNotShowTheKey() {
    assertThat(ConnectOptions.to("host:1", KEY).toString()).doesNotContain(KEY.secret());
  }
}
