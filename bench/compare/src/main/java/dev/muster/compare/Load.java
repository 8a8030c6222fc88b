package dev.muster.compare;

/** What a task carries; the same for all contenders. */
final class Load {
  static final int PAYLOAD_BYTES = 100;
  static final int RESULT_BYTES = 16;

  private Load() {}

  static byte[] payload() {
    return new byte[PAYLOAD_BYTES];
  }

  static byte[] result() {
    return new byte[RESULT_BYTES];
  }
}
