package dev.muster.cli;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.Limits;
import dev.muster.common.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Payloads as the command line has them: JSON text that is checked, but never built up as values.
 */
final class JsonText implements Codec<ByteString> {
  static final String CONTENT_TYPE = "application/json";
  static final JsonText CODEC = new JsonText();
  static final JsonFactory FACTORY = new JsonFactory();

  private JsonText() {}

  @Override
  public String contentType() {
    return CONTENT_TYPE;
  }

  @Override
  public ByteString encode(ByteString json) {
    return json;
  }

  @Override
  public ByteString decode(ByteString bytes) {
    return bytes;
  }

  /**
   * The text as a payload.
   *
   * @param utf8 exactly one JSON value, with or without white space around it
   * @param place what to call it in a message, e.g. "line 3"
   * @throws InvalidInputException that says the place and the column, when it is not
   */
  static ByteString check(byte[] utf8, String place) {
    if (utf8.length > Limits.PAYLOAD_BYTES_MAX) {
      throw new InvalidInputException(tooLong(place));
    }
    try (JsonParser parser = FACTORY.createParser(utf8)) {
      if (parser.nextToken() == null) {
        throw new InvalidInputException(place + " is empty, expected a JSON value");
      }
      parser.skipChildren();
      if (parser.nextToken() != null) {
        throw notJson(
            place,
            parser.currentTokenLocation(),
            "something follows the value; one JSON value is expected");
      }
    } catch (JsonProcessingException wrong) {
      throw notJson(place, wrong.getLocation(), wrong.getOriginalMessage());
    } catch (IOException impossible) {
      throw new IllegalStateException("reading from memory failed", impossible);
    }
    return ByteString.copyFrom(utf8);
  }

  static String tooLong(String place) {
    return place
        + " is longer than a payload may be: the limit is "
        + Limits.PAYLOAD_BYTES_MAX
        + " bytes";
  }

  private static InvalidInputException notJson(String place, JsonLocation location, String why) {
    return new InvalidInputException(
        place
            + ", column "
            + location.getColumnNr()
            + " is not JSON: "
            + OneLine.of(why)
            + "; strings need double quotes, e.g. '\"text\"'");
  }

  /**
   * A payload on one line: JSON as JSON without line breaks, anything else as a JSON string of its
   * base64.
   *
   * @param contentType as it travelled beside the payload
   */
  static String onOneLine(ByteString payload, String contentType) {
    if (!contentType.equals(CONTENT_TYPE)) {
      return '"' + Base64.getEncoder().encodeToString(payload.toByteArray()) + '"';
    }
    String text = payload.toString(StandardCharsets.UTF_8);
    return text.indexOf('\n') < 0 && text.indexOf('\r') < 0 ? text : compact(text);
  }

  /** Writes JSON to a stream, which stays open. */
  static JsonGenerator generator(OutputStream out) throws IOException {
    return FACTORY
        .createGenerator(out, JsonEncoding.UTF8)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
  }

  private static String compact(String json) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonParser parser = FACTORY.createParser(json);
        JsonGenerator generator = FACTORY.createGenerator(bytes, JsonEncoding.UTF8)) {
      while (parser.nextToken() != null) {
        generator.copyCurrentEvent(parser);
      }
    } catch (IOException notJson) {
      return OneLine.of(json); // another producer's mistake is shown, not hidden
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
