package dev.muster.client.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.client.connection.DialFailure.Kind;
import dev.muster.common.AuthKey;
import dev.muster.common.AuthenticationException;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.UnreachableException;
import io.grpc.Status;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

final class DialFailureTest {
  private static final ConnectOptions OPTIONS =
      ConnectOptions.to("127.0.0.1:5000", AuthKey.generate());

  @Test
  void shouldKeepTryingWhenTheMasterIsNotThereOrBusy() {
    DialFailure refused =
        failure(
            Status.UNAVAILABLE
                .withDescription("io exception")
                .withCause(new ConnectException("Connection refused: /127.0.0.1:5000")));
    DialFailure busy =
        failure(Status.RESOURCE_EXHAUSTED.withDescription("too many failed authentications"));

    assertThat(refused.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(refused.message()).endsWith("connection refused; is it running?");
    assertThat(busy.kind()).isEqualTo(Kind.UNREACHABLE);
    assertThat(busy.message()).endsWith("too many failed authentications");
    assertThat(busy.toException()).isInstanceOf(UnreachableException.class);
  }

  @Test
  void shouldStopWhenTryingAgainCannotHelp() {
    DialFailure skew = failure(Status.FAILED_PRECONDITION.withDescription("speaks protocol 2"));
    DialFailure key = failure(Status.UNAUTHENTICATED.withDescription("wrong key"));
    DialFailure phrase = DialFailure.of(new InvalidInputException("bad pass phrase"), OPTIONS);

    assertThat(skew.kind().isFinal()).isTrue();
    assertThat(skew.toException())
        .isExactlyInstanceOf(MusterException.class)
        .hasMessage("master at 127.0.0.1:5000: speaks protocol 2");
    assertThat(key.kind().isFinal()).isTrue();
    assertThat(key.toException()).isInstanceOf(AuthenticationException.class);
    assertThat(phrase.kind().isFinal()).isTrue();
    assertThat(phrase.message()).contains("bad pass phrase");
  }

  @Test
  void shouldSayThatAnotherServerListens() {
    DialFailure other = failure(Status.UNIMPLEMENTED);

    assertThat(other.message()).contains("not a Muster master");
    assertThat(other.kind().failsCallsAtOnce()).isTrue();
    assertThat(other.kind().isFinal()).isFalse();
  }

  private static DialFailure failure(Status status) {
    return DialFailure.of(status.asRuntimeException(), OPTIONS);
  }
}
