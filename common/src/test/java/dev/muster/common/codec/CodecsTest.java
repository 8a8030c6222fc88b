package dev.muster.common.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.google.protobuf.ByteString;
import dev.muster.proto.v1.Failure;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CodecsTest {
  record Point(int x, int y) {}

  record Order(String name, Instant at, Duration within, LocalDate day, List<Point> points) {}

  record WithOptional(Optional<String> name) {}

  @Test
  void shouldWriteNumbersStringsListsAndMapsAsJson() {
    assertThat(Codecs.json(Integer.class).encode(3411).toStringUtf8()).isEqualTo("3411");
    assertThat(Codecs.json(Integer.class).decode(utf8("3411"))).isEqualTo(3411);
    assertThat(Codecs.json(String.class).decode(utf8("\"ä\""))).isEqualTo("ä");
    Codec<Map<String, List<Integer>>> maps = Codecs.json(new TypeReference<>() {});
    assertThat(maps.decode(maps.encode(Map.of("a", List.of(1, 2))))).containsKey("a");
  }

  @Test
  void shouldWriteRecordsAndTimesAsJson() {
    Codec<Order> codec = Codecs.json(Order.class);
    Order order =
        new Order(
            "a",
            Instant.parse("2026-01-02T03:04:05.006Z"),
            Duration.ofSeconds(90),
            LocalDate.of(2026, 1, 2),
            List.of(new Point(1, 2)));

    ByteString json = codec.encode(order);

    assertThat(json.toStringUtf8()).contains("\"2026-01-02T03:04:05.006Z\"", "\"PT1M30S\"");
    assertThat(codec.decode(json)).isEqualTo(order);
    assertThat(codec.contentType()).isEqualTo("application/json");
  }

  @Test
  void shouldIgnoreFieldsThatANewerProducerAdded() {
    assertThat(Codecs.json(Point.class).decode(utf8("{\"x\":1,\"y\":2,\"z\":3}")))
        .isEqualTo(new Point(1, 2));
  }

  @Test
  void shouldNameTypeAndFieldWhenJsonDoesNotFit() {
    assertThatThrownBy(
            () ->
                Codecs.json(Order.class)
                    .decode(utf8("{\"points\":[{\"x\":1,\"y\":2},{\"x\":\"no\"}]}")))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("Order")
        .hasMessageContaining("points[1].x");
    assertThatThrownBy(() -> Codecs.json(Order.class).decode(utf8("{\"at\":\"soon\"}")))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(" at at")
        .hasMessageContaining("soon");
  }

  @Test
  void shouldRefuseGarbageNullAndTrailingText() {
    Codec<Integer> codec = Codecs.json(Integer.class);

    for (String text : List.of("", "{", "null", "1 2", "\u0000")) {
      assertThatThrownBy(() -> codec.decode(utf8(text)))
          .as("<%s>", text)
          .isInstanceOf(CodecException.class)
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void shouldSayWhichFieldHasNoJsonForm() {
    Codec<WithOptional> codec = Codecs.json(WithOptional.class);

    assertThatThrownBy(() -> codec.encode(new WithOptional(Optional.of("a"))))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("WithOptional")
        .hasMessageContaining("at name");
  }

  @Test
  void shouldCopyRawBytes() {
    byte[] bytes = {1, 2, 3};
    ByteString encoded = Codecs.bytes().encode(bytes);
    bytes[0] = 9;

    assertThat(Codecs.bytes().decode(encoded)).containsExactly(1, 2, 3);
  }

  @Test
  void shouldReadProtobufAndNameTheTypeWhenItIsNone() {
    Codec<Failure> codec = Codecs.protobuf(Failure.parser());
    Failure failure = Failure.newBuilder().setKind("E").build();

    assertThat(codec.decode(codec.encode(failure))).isEqualTo(failure);
    assertThatThrownBy(() -> codec.decode(ByteString.copyFrom(new byte[] {10, 100})))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("Failure");
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
