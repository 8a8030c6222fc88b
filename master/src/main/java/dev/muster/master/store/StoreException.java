package dev.muster.master.store;

/**
 * The store cannot be read or written: the master must stop rather than serve what may be wrong.
 */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreException(String message) {
    super(message);
  }

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
