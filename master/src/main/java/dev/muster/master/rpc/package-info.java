/**
 * gRPC in and out, without rules: a method checks the shape of a request, hands it on, and maps
 * what comes back.
 *
 * <p>In come calls and frames on gRPC's threads, out go replies from the apply thread and frames
 * from the egress thread. Nothing here blocks but short queries, and nothing keeps state that
 * outlives its stream.
 */
@NullMarked
package dev.muster.master.rpc;

import org.jspecify.annotations.NullMarked;
