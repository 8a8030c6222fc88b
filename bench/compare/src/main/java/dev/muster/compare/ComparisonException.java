package dev.muster.compare;

/** What keeps the comparison, or one contender of it, from going on, said in one sentence. */
final class ComparisonException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ComparisonException(String message) {
    super(message);
  }

  ComparisonException(String message, Throwable cause) {
    super(message, cause);
  }
}
