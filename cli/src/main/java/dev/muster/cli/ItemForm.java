package dev.muster.cli;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.google.protobuf.ByteString;
import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** How a line of {@code muster map}'s input is read. */
enum ItemForm {
  /** As JSON if it is one JSON value, else as text. */
  AUTO {
    @Override
    Item read(byte[] line, long lineNumber) {
      try {
        return JSON.read(line, lineNumber);
      } catch (InvalidInputException notJson) {
        return TEXT.read(line, lineNumber);
      }
    }
  },

  /** As one JSON value. */
  JSON {
    @Override
    Item read(byte[] line, long lineNumber) {
      return new Item(JsonText.check(line, "line " + lineNumber));
    }
  },

  /** As text, whatever is in it. */
  TEXT {
    @Override
    Item read(byte[] line, long lineNumber) {
      try {
        return Item.ofText(
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString());
      } catch (CharacterCodingException e) {
        throw new InvalidInputException("line " + lineNumber + " is not UTF-8", e);
      }
    }
  };

  /**
   * Reads a line.
   *
   * @throws InvalidInputException when it is not of this form
   */
  abstract Item read(byte[] line, long lineNumber);

  /**
   * One item.
   *
   * @param json exactly one JSON value
   */
  record Item(ByteString json) {
    private static final Codec<String> STRING = Codecs.json(String.class);

    static Item ofText(String text) {
      StringBuilder json = new StringBuilder(text.length() + 2).append('"');
      JsonStringEncoder.getInstance().quoteAsString(text, json);
      return new Item(ByteString.copyFromUtf8(json.append('"').toString()));
    }

    /** As an argument of a program: the text of a JSON string, any other value as it is. */
    String text() {
      String trimmed = json.toStringUtf8().strip();
      return trimmed.startsWith("\"") ? STRING.decode(json) : trimmed;
    }
  }
}
