package dev.muster.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"1", "-1.5e3", "\"é\"", "null", "true", "[]", "{\"a\":[1,{\"b\":null}]}", " 7 "})
  void shouldKeepTheTextWhenItIsOneValue(String json) {
    assertThat(JsonText.check(json.getBytes(UTF_8), "value 1"))
        .isEqualTo(ByteString.copyFromUtf8(json));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "[1,", "hello", "'a'", "{\"a\"}", "1 2", "{} x", "[1]]", "\u0001"})
  void shouldNamePlaceAndColumnWhenItIsNot(String text) {
    assertThatThrownBy(() -> JsonText.check(text.getBytes(UTF_8), "line 3"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageMatching("line 3, column \\d+ is not JSON: [^\n]*");
  }

  @Test
  void shouldSayTheColumnOfTheMistake() {
    assertThatThrownBy(() -> JsonText.check("{\"a\": oops}".getBytes(UTF_8), "line 3"))
        .hasMessageContaining("line 3, column 7 is not JSON");
  }

  @Test
  void shouldSayThatItIsEmptyWhenThereIsNoValue() {
    assertThatThrownBy(() -> JsonText.check(" ".getBytes(UTF_8), "value 2"))
        .hasMessage("value 2 is empty, expected a JSON value");
  }

  @Test
  void shouldRefuseMoreThanAPayloadMayHold() {
    byte[] tooMuch = new byte[Limits.PAYLOAD_BYTES_MAX + 1];

    assertThatThrownBy(() -> JsonText.check(tooMuch, "line 9"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("line 9 is longer than a payload may be: the limit is 4194304 bytes");
  }

  @Test
  void shouldPrintJsonAsItIsWhenItHasOneLine() {
    assertThat(JsonText.onOneLine(ByteString.copyFromUtf8("{\"a\": 1}"), "application/json"))
        .isEqualTo("{\"a\": 1}");
  }

  @Test
  void shouldJoinLinesWithoutChangingStrings() {
    ByteString json = ByteString.copyFromUtf8("{\n  \"a\" : \"x  y\",\r\n  \"b\" : [ 1, 2.50 ]\n}");

    assertThat(JsonText.onOneLine(json, "application/json"))
        .isEqualTo("{\"a\":\"x  y\",\"b\":[1,2.50]}");
  }

  @Test
  void shouldPrintBase64WhenItIsNotJson() {
    assertThat(
            JsonText.onOneLine(
                ByteString.copyFrom(new byte[] {0, 1, 2}), "application/octet-stream"))
        .isEqualTo("\"AAEC\"");
  }
}
