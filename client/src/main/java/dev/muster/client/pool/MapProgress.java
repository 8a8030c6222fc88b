package dev.muster.client.pool;

/**
 * How far a map is. Counts of items since it began, whichever process it ran in.
 *
 * @param planned items taken from the input so far
 * @param inputEnded whether {@code planned} is all there is
 * @param done items whose result or final failure this process has received, or an earlier one has
 *     delivered; failed ones too
 * @param failed of them, those that failed for good, as far as this process knows
 * @param retried attempts that failed and were followed by another one, as far as this process
 *     knows
 */
public record MapProgress(long planned, boolean inputEnded, long done, long failed, long retried) {}
