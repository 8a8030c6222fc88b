package dev.muster.worker;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Reads what {@link FrameOutput} writes. For one thread. */
final class FrameInput<M extends MessageLite> {
  private static final int BUFFER_BYTES = 64 << 10;

  /** A payload or result of the largest size, twice, as follow-ups may come with it. */
  private static final int FRAME_BYTES_MAX = 16 << 20;

  private final InputStream in;
  private final Parser<M> parser;

  FrameInput(InputStream in, Parser<M> parser) {
    this.in = new BufferedInputStream(in, BUFFER_BYTES);
    this.parser = parser;
  }

  /**
   * Waits for the next frame; null: there are no more.
   *
   * @throws InvalidProtocolBufferException when what comes is no frame
   */
  @Nullable M read() throws IOException {
    int mark = in.read();
    if (mark < 0) {
      return null;
    }
    if (mark != FrameOutput.MARK) {
      throw new InvalidProtocolBufferException("no frame");
    }
    int length = 0;
    for (int shift = 0; ; shift += 7) {
      int next = in.read();
      if (next < 0) {
        return null;
      }
      length |= (next & 0x7F) << shift;
      if (next < 0x80) {
        break;
      }
      if (shift > 21) {
        throw new InvalidProtocolBufferException("no length of a frame");
      }
    }
    if (length > FRAME_BYTES_MAX) {
      throw new InvalidProtocolBufferException("a frame of " + length + " bytes");
    }
    byte[] frame = in.readNBytes(length);
    if (frame.length < length) {
      return null; // its writer died over it
    }
    return parser.parseFrom(frame);
  }
}
