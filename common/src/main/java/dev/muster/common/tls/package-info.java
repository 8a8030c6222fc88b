/**
 * TLS 1.3 without a certificate authority: the master's certificate, who trusts it, and the
 * settings of both ends.
 *
 * <p>In come a directory or PEM files; out go gRPC's SSL contexts. Any thread. A certificate alone
 * proves nothing here: whoever connects must run the exchange of {@code dev.muster.common.auth} on
 * the connection before it sends or believes anything.
 */
@NullMarked
package dev.muster.common.tls;

import org.jspecify.annotations.NullMarked;
