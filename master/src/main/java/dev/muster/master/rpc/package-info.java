/**
 * gRPC in and out, and the bounds on what a peer can send.
 *
 * <p>In come requests; out go commands, and replies when they are decided. gRPC's threads run it.
 * It knows no rule of the queues.
 */
@NullMarked
package dev.muster.master.rpc;

import org.jspecify.annotations.NullMarked;
