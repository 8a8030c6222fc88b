/**
 * Proves to two sides that the other holds the same auth key: SCRAM-SHA-256 (RFC 5802, RFC 7677),
 * bound to the TLS connection by {@code tls-server-end-point} (RFC 5929).
 *
 * <p>In come the messages of the other side, all of them from a stranger; out go our answers, or an
 * {@link dev.muster.common.AuthenticationException} whose message may be shown to that stranger. No
 * I/O and no threads of its own; one exchange is used by one thread at a time and only once. No
 * secret is ever put into a message or a log.
 */
@NullMarked
package dev.muster.common.auth;

import org.jspecify.annotations.NullMarked;
