/**
 * What both sides share: keys, names, limits and errors.
 *
 * <p>In come texts that people or files gave; out go checked values, or a {@link
 * dev.muster.common.MusterException} whose message is complete. Any thread; every value here is
 * immutable. Nothing here opens a connection, and nothing ever prints or logs a secret.
 */
@NullMarked
package dev.muster.common;

import org.jspecify.annotations.NullMarked;
