package dev.muster.worker;

import com.google.protobuf.MessageLite;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Writes frames, each after its length. Thread-safe: frames never mix. */
final class FrameOutput {
  private static final int BUFFER_BYTES = 64 << 10;

  private final OutputStream out;

  FrameOutput(OutputStream out) {
    this.out = new BufferedOutputStream(out, BUFFER_BYTES);
  }

  /** Returns when the system has it. */
  synchronized void write(MessageLite frame) throws IOException {
    frame.writeDelimitedTo(out);
    out.flush();
  }
}
