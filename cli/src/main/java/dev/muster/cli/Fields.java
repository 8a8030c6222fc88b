package dev.muster.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is known of one thing, in order: printed as lines for people, as a JSON object for programs,
 * or as cells of a {@link Listing}. For one thread.
 */
final class Fields {
  private static final int NAME_WIDTH_MIN = 9;

  private final Map<String, Field> fields = new LinkedHashMap<>();

  /**
   * One field.
   *
   * @param jsonName its name in JSON; its name for people is the key of the map
   * @param text for people; empty: not shown to them
   * @param json as JSON text; empty: not in JSON
   */
  private record Field(String jsonName, String text, String json) {}

  private Fields add(String name, String jsonName, String text, String json) {
    fields.put(name, new Field(jsonName, text, json));
    return this;
  }

  Fields text(String name, String text) {
    return add(name, name, text, quoted(text));
  }

  /** Left out when it is empty. */
  Fields textIfAny(String name, String text) {
    return text.isEmpty() ? this : text(name, text);
  }

  /** An unsigned number. */
  Fields number(String name, long unsigned) {
    String digits = Long.toUnsignedString(unsigned);
    return add(name, name, digits, digits);
  }

  /** Left out when it is 0. */
  Fields numberIfAny(String name, long unsigned) {
    return unsigned == 0 ? this : number(name, unsigned);
  }

  /** A number of which 0 means something else, for people. */
  Fields number(String name, long unsigned, String zero) {
    String digits = Long.toUnsignedString(unsigned);
    return add(name, name, unsigned == 0 ? zero : digits, digits);
  }

  Fields flag(String name, boolean value) {
    return add(name, name, value ? "yes" : "no", Boolean.toString(value));
  }

  /**
   * A point in time; left out when it is 0.
   *
   * @param ms since the epoch
   */
  Fields timeIfAny(String name, long ms) {
    return ms == 0 ? this : text(name, Instant.ofEpochMilli(ms).toString());
  }

  /**
   * A length of time: in JSON {@code jsonName} is a number of ms.
   *
   * @param zero what 0 means, for people; empty: left out for them
   */
  Fields duration(String name, String jsonName, long ms, String zero) {
    return add(
        name,
        jsonName,
        ms == 0 ? zero : DurationConverter.text(Duration.ofMillis(ms)),
        Long.toUnsignedString(ms));
  }

  /** A length of time; left out when it is 0. */
  Fields durationIfAny(String name, String jsonName, long ms) {
    return ms == 0 ? this : duration(name, jsonName, ms, "");
  }

  /** What is JSON already, on one line; shown to people as it is. */
  Fields json(String name, String json) {
    return add(name, name, json, json);
  }

  /** Something else for people than for programs. */
  Fields both(String name, String text, String json) {
    return add(name, name, text, json);
  }

  /** Text that is too long for people. */
  Fields programText(String name, String text) {
    return add(name, name, "", quoted(text));
  }

  /** A JSON array of objects; not shown to people. */
  Fields list(String name, List<Fields> things) {
    return add(
        name, name, "", "[" + String.join(",", things.stream().map(Fields::toJson).toList()) + "]");
  }

  /** Names with values; left out when there is none. */
  Fields mapIfAny(String name, Map<String, String> values) {
    if (values.isEmpty()) {
      return this;
    }
    Fields object = new Fields();
    StringBuilder text = new StringBuilder();
    values.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> {
              object.text(entry.getKey(), entry.getValue());
              text.append(text.isEmpty() ? "" : " ");
              text.append(entry.getKey()).append('=').append(OneLine.of(entry.getValue()));
            });
    return add(name, name, text.toString(), object.toJson());
  }

  /** Names that stand in a row. */
  Fields names(String name, List<String> names) {
    return add(
        name,
        name,
        String.join(" ", names),
        "[" + String.join(",", names.stream().map(Fields::quoted).toList()) + "]");
  }

  /** For people; empty when there is no such field. */
  String textOf(String name) {
    Field field = fields.get(name);
    return field == null ? "" : OneLine.of(field.text());
  }

  /** All of them for people, on one line, without their names. */
  String textOnOneLine() {
    return String.join(
        "  ",
        fields.values().stream()
            .map(field -> OneLine.of(field.text()))
            .filter(text -> !text.isEmpty())
            .toList());
  }

  /** One line for each field. */
  void print(PrintStream out) {
    int width =
        fields.entrySet().stream()
            .filter(field -> !field.getValue().text().isEmpty())
            .mapToInt(field -> field.getKey().length())
            .reduce(NAME_WIDTH_MIN, Math::max);
    fields.forEach(
        (name, field) -> {
          if (!field.text().isEmpty()) {
            out.println(
                name.replace('_', '-')
                    + " ".repeat(width - name.length())
                    + "  "
                    + OneLine.of(field.text()));
          }
        });
  }

  void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (Field field : fields.values()) {
      if (!field.json().isEmpty()) {
        json.writeFieldName(field.jsonName());
        json.writeRawValue(field.json());
      }
    }
    json.writeEndObject();
  }

  /** As a JSON object on one line. */
  String toJson() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JsonText.generator(bytes)) {
      write(json);
    } catch (IOException impossible) {
      throw new UncheckedIOException("writing to memory failed", impossible);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** As the format says: lines, or one object. */
  void print(PrintStream out, OutputFormat format) {
    switch (format) {
      case TABLE -> print(out);
      case JSON -> out.println(toJson());
    }
  }

  private static String quoted(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JsonText.generator(bytes)) {
      json.writeString(text);
    } catch (IOException impossible) {
      throw new UncheckedIOException("writing to memory failed", impossible);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
