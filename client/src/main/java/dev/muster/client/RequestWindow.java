package dev.muster.client;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.proto.v1.RequestId;
import java.security.SecureRandom;

/**
 * Numbers requests and keeps the lowest one that is still unanswered. The window is a range, not a
 * count: one slow answer holds back what the master may forget, so it also bounds how far the
 * numbers run ahead. Pure; guarded by its owner.
 */
final class RequestWindow {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final ByteString session;
  private final boolean[] answered = new boolean[Limits.OUTSTANDING_REQUESTS_MAX];
  private long next = 1;
  private long answeredBelow = 1;

  RequestWindow(ByteString session) {
    this.session = session;
  }

  /** A window of a new session with a random id. */
  static RequestWindow ofNewSession() {
    byte[] session = new byte[Limits.SESSION_ID_BYTES];
    RANDOM.nextBytes(session);
    return new RequestWindow(ByteString.copyFrom(session));
  }

  /** Whether {@link #open()} may be called. */
  boolean hasRoom() {
    return next - answeredBelow < Limits.OUTSTANDING_REQUESTS_MAX;
  }

  /** Whether no request is unanswered. */
  boolean isEmpty() {
    return next == answeredBelow;
  }

  /** The number that the next request gets. */
  long next() {
    return next;
  }

  /** The lowest unanswered number; {@link #next()} when there is none. */
  long answeredBelow() {
    return answeredBelow;
  }

  /** Takes the next number. */
  RequestId open() {
    if (!hasRoom()) {
      throw new IllegalStateException("requests " + answeredBelow + " to " + next + " are open");
    }
    long number = next++;
    answered[slot(number)] = false;
    return RequestId.newBuilder()
        .setSession(session)
        .setNumber(number)
        .setAnsweredBelow(answeredBelow)
        .build();
  }

  /** A request was answered, or is given up and never sent again. */
  void answered(long number) {
    if (number < answeredBelow || number >= next) {
      return;
    }
    answered[slot(number)] = true;
    while (answeredBelow < next && answered[slot(answeredBelow)]) {
      answeredBelow++;
    }
  }

  private static int slot(long number) {
    return (int) (number % Limits.OUTSTANDING_REQUESTS_MAX);
  }
}
