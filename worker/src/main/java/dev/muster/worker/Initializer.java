package dev.muster.worker;

/** What is done once where tasks run, before the first of them. */
@FunctionalInterface
interface Initializer {
  void run() throws Exception;
}
