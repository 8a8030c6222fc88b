package dev.muster.common.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.AuthenticationException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ChannelBindingTest {
  @Test
  void shouldChooseTheHashOfTheSignature() {
    assertThat(ChannelBinding.digestFor("SHA256withECDSA")).isEqualTo("SHA-256");
    assertThat(ChannelBinding.digestFor("SHA384withRSA")).isEqualTo("SHA-384");
    assertThat(ChannelBinding.digestFor("SHA-512withECDSA")).isEqualTo("SHA-512");
    assertThat(ChannelBinding.digestFor("SHA1withRSA")).isEqualTo("SHA-256");
    assertThat(ChannelBinding.digestFor("MD5withRSA")).isEqualTo("SHA-256");
  }

  @Test
  void shouldRefuseSignaturesWithoutDefinedHash() {
    for (String algorithm : List.of("Ed25519", "EdDSA", "RSASSA-PSS", "")) {
      assertThatThrownBy(() -> ChannelBinding.digestFor(algorithm))
          .isInstanceOf(AuthenticationException.class)
          .hasMessageContaining("SHA256withECDSA");
    }
  }

  @Test
  void shouldRefuseToBindToNothing() {
    assertThatThrownBy(() -> new ChannelBinding(ByteString.EMPTY))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
