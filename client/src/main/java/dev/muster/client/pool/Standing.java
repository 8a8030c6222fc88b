package dev.muster.client.pool;

import java.util.function.Consumer;

/**
 * Why a map stands still, told to its caller when it begins to and not again until that has
 * changed. For one thread.
 */
final class Standing {
  private final Consumer<String> notices;
  private String told = "";

  Standing(Consumer<String> notices) {
    this.notices = notices;
  }

  /** It stands still for this reason. */
  void because(String reason) {
    if (!reason.equals(told)) {
      told = reason;
      notices.accept(reason);
    }
  }

  /** It goes on. */
  void ended() {
    told = "";
  }
}
