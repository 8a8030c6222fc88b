package dev.muster.client;

/**
 * What became of a task with a unique key.
 *
 * @param id of the task that has the key now
 * @param existing it was there before: nothing was added
 */
public record Enqueued(long id, boolean existing) {}
