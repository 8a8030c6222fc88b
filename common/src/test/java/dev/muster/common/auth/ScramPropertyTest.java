package dev.muster.common.auth;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.AuthKey;
import dev.muster.common.AuthenticationException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever a stranger sends, it is refused as such, and nothing else is thrown. */
final class ScramPropertyTest {
  private static final AuthKey KEY = AuthKey.generate();
  private static final ScramCredentials CREDENTIALS =
      ScramCredentials.of(KEY, ByteString.copyFromUtf8("0123456789abcdef"));
  private static final ChannelBinding BINDING =
      new ChannelBinding(ByteString.copyFromUtf8("certificate"));

  @Property
  void shouldRefuseGarbageAsFirstMessage(@ForAll String garbage) {
    assertThatThrownBy(() -> server().first(garbage)).isInstanceOf(AuthenticationException.class);
  }

  @Property
  void shouldRefuseGarbageAsFinalMessage(@ForAll String garbage) {
    ScramServerExchange server = server();
    server.first(new ScramClientExchange(KEY, true).first());

    assertThatThrownBy(() -> server.finish(garbage)).isInstanceOf(AuthenticationException.class);
  }

  @Property
  void shouldRefuseGarbageFromServer(@ForAll String garbage) {
    ScramClientExchange client = new ScramClientExchange(KEY, true);
    client.first();

    assertThatThrownBy(() -> client.respond(garbage, BINDING))
        .isInstanceOf(AuthenticationException.class);
  }

  @Property(tries = 200)
  void shouldRefuseFinalMessageWithOneCharacterChanged(
      @ForAll @IntRange(max = 10_000) int position, @ForAll char replacement) {
    ScramServerExchange server = server();
    ScramClientExchange client = new ScramClientExchange(KEY, true);
    StringBuilder message =
        new StringBuilder(client.respond(server.first(client.first()), BINDING));
    int at = position % message.length();
    if (message.charAt(at) == replacement) {
      return;
    }
    message.setCharAt(at, replacement);

    assertThatThrownBy(() -> server.finish(message.toString()))
        .isInstanceOf(AuthenticationException.class);
  }

  private static ScramServerExchange server() {
    return new ScramServerExchange(id -> CREDENTIALS, BINDING);
  }
}
