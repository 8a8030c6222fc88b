package dev.muster.worker;

/**
 * A handler that runs on the worker's own threads whatever the isolation, because it starts a
 * process of its own or needs what only the worker has.
 */
public interface RunsInWorker {}
