/**
 * The one authenticated connection between a client or worker and its master.
 *
 * <p>In come an address and an auth key; out goes a gRPC channel on which both sides have proved
 * that they hold the key, again after each reconnect. A thread of its own dials and keeps the
 * state; callers may be any thread. It never sends a call of the application before the proof,
 * never tells anyone the key, and never retries a call: only its caller knows whether that is
 * right.
 */
@NullMarked
package dev.muster.client.connection;

import org.jspecify.annotations.NullMarked;
