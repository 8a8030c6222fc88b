package dev.muster.common.codec;

import dev.muster.common.MusterException;
import org.jspecify.annotations.Nullable;

/** A payload that is not a value of the type, or a value that has no such form. Names both. */
public final class CodecException extends MusterException {
  private static final long serialVersionUID = 1L;

  public CodecException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
