package dev.muster.worker;

import com.google.protobuf.MessageLite;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Writes frames, each after a mark and its length. Thread-safe: frames never mix. */
final class FrameOutput {
  /** What no text begins with: so whatever else is written there is noticed at once. */
  static final int MARK = 0;

  private static final int BUFFER_BYTES = 64 << 10;

  private final OutputStream out;

  FrameOutput(OutputStream out) {
    this.out = new BufferedOutputStream(out, BUFFER_BYTES);
  }

  /** Returns when the system has it. */
  synchronized void write(MessageLite frame) throws IOException {
    out.write(MARK);
    frame.writeDelimitedTo(out);
    out.flush();
  }
}
