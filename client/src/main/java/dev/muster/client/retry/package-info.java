/**
 * When to try again, and when to say that it does not work. Pure: no clock and no thread of its
 * own, so both the client and the worker decide alike, and tests need not wait.
 */
@NullMarked
package dev.muster.client.retry;

import org.jspecify.annotations.NullMarked;
