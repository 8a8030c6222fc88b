package dev.muster.common;

import dev.muster.proto.v1.Refusal;
import dev.muster.proto.v1.RefusalReason;

/** The master refused the request: a rule was not met. Nothing of the request was done. */
public final class RefusedException extends MusterException {
  private static final long serialVersionUID = 1L;

  private final RefusalReason reason;

  public RefusedException(RefusalReason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** The refusal as it came over the wire. */
  public static RefusedException of(Refusal refusal) {
    String message = refusal.getMessage();
    return new RefusedException(
        refusal.getReason(), message.isEmpty() ? "refused: " + refusal.getReason() : message);
  }

  /** For programs: which rule it was. */
  public RefusalReason reason() {
    return reason;
  }
}
