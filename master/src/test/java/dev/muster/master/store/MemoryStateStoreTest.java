package dev.muster.master.store;

/** The fixture that the tests of the rules stand on behaves as the real store does. */
final class MemoryStateStoreTest extends StateStoreContract {
  @Override
  StateStore open() {
    return new MemoryStateStore();
  }
}
