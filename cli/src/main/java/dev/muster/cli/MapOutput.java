package dev.muster.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.muster.cli.ItemForm.Item;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.RemoteFailure;
import dev.muster.common.InvalidInputException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** How {@code muster map} writes what came of an item. */
enum MapOutput {
  /** The result as JSON, one a line; nothing for an item that failed. */
  RESULT {
    @Override
    void write(PrintStream out, ItemResult<ByteString> result, @Nullable Item item) {
      if (result.isSuccess()) {
        out.println(json(result));
      }
    }
  },

  /** Number, item and result or failure as one JSON object, one a line, for every item. */
  FULL {
    @Override
    void write(PrintStream out, ItemResult<ByteString> result, @Nullable Item item) {
      StringBuilder line = new StringBuilder().append("{\"seq\":").append(result.index() + 1);
      if (item != null) {
        line.append(",\"item\":").append(JsonText.onOneLine(item.json(), JsonText.CONTENT_TYPE));
      }
      RemoteFailure failure = result.failure();
      if (failure == null) {
        line.append(",\"result\":").append(json(result));
      } else {
        line.append(",\"failure\":{\"kind\":")
            .append(quoted(failure.kind()))
            .append(",\"message\":")
            .append(quoted(failure.remoteMessage()))
            .append('}');
      }
      out.println(line.append('}'));
    }
  },

  /** The text of a JSON string, or a program's standard output as it is; other JSON as RESULT. */
  TEXT {
    @Override
    void write(PrintStream out, ItemResult<ByteString> result, @Nullable Item item) {
      if (!result.isSuccess()) {
        return;
      }
      String json = json(result);
      JsonNode value = parsed(json);
      if (isOutputOfAProgram(value)) {
        byte[] bytes = output(value);
        out.write(bytes, 0, bytes.length);
      } else {
        out.println(value.isTextual() ? value.textValue() : json);
      }
    }
  };

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Writes one result.
   *
   * @param item what it came from; null when that is not known any more
   */
  abstract void write(PrintStream out, ItemResult<ByteString> result, @Nullable Item item);

  /** What is not JSON, because a handler returned bytes, goes as a string of base64. */
  private static String json(ItemResult<ByteString> result) {
    ByteString value = result.value();
    if (value == null) {
      return "null";
    }
    try {
      return JsonText.onOneLine(
          JsonText.check(value.toByteArray(), "a result"), JsonText.CONTENT_TYPE);
    } catch (InvalidInputException notJson) {
      return JsonText.onOneLine(value, "application/octet-stream");
    }
  }

  private static JsonNode parsed(String json) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a result that was JSON is none: " + json, e);
    }
  }

  private static boolean isOutputOfAProgram(JsonNode value) {
    return value.has("exitCode") && (value.has("stdout") || value.has("stdoutBase64"));
  }

  private static byte[] output(JsonNode value) {
    JsonNode text = value.get("stdout");
    try {
      return text == null
          ? Base64.getDecoder().decode(value.get("stdoutBase64").asText())
          : text.asText().getBytes(StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("a program's output came as something else than base64", e);
    }
  }

  private static String quoted(String text) {
    return Item.ofText(text).json().toStringUtf8();
  }
}
