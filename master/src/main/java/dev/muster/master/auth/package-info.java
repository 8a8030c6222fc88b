/**
 * Who may call: every connection proves first that it holds an auth key.
 *
 * <p>In come transports, calls and SCRAM messages from strangers; out go calls that carry a {@link
 * dev.muster.master.auth.Principal}, or a refusal. gRPC's threads and Netty's event loops run it;
 * all of it is thread-safe and nothing blocks. It never holds a key, only what checks one; never
 * lets a call through because something was missing; and never writes a secret, or a stranger's
 * text as it came, to the log.
 */
@NullMarked
package dev.muster.master.auth;

import org.jspecify.annotations.NullMarked;
