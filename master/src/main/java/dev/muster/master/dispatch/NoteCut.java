package dev.muster.master.dispatch;

import dev.muster.common.Limits;
import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.Progress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Cuts notes to their limits. What a handler says is no reason to refuse a frame that also carries
 * settlements.
 */
final class NoteCut {
  /** "ERROR" and the like. */
  private static final int LEVEL_BYTES_MAX = 16;

  private NoteCut() {}

  static Progress progress(Progress progress) {
    String message = cut(progress.getMessage(), Limits.PROGRESS_MESSAGE_BYTES_MAX);
    double fraction = progress.getFraction();
    boolean wild = !(fraction <= 1);
    return message.length() == progress.getMessage().length() && !wild
        ? progress
        : progress.toBuilder().setMessage(message).setFraction(wild ? -1 : fraction).build();
  }

  static LogLine line(LogLine line) {
    String text = cut(line.getText(), Limits.LOG_LINE_BYTES_MAX);
    String level = cut(line.getLevel(), LEVEL_BYTES_MAX);
    return text.length() == line.getText().length() && level.length() == line.getLevel().length()
        ? line
        : line.toBuilder().setText(text).setLevel(level).build();
  }

  /** At most so many bytes of UTF-8, cut between characters. */
  static String cut(String text, int bytesMax) {
    if (text.length() * 3L <= bytesMax) {
      return text;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= bytesMax) {
      return text;
    }
    CharsetDecoder decoder =
        StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.IGNORE);
    CharBuffer chars = CharBuffer.allocate(bytesMax);
    // A character that the cut divides is input that ends early: it is left out.
    decoder.decode(ByteBuffer.wrap(bytes, 0, bytesMax), chars, false);
    return chars.flip().toString();
  }
}
