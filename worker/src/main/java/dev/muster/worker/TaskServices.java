package dev.muster.worker;

import io.grpc.Channel;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What a running task uses of its worker.
 *
 * @param reports takes what tasks say of themselves
 * @param channels the way to the master; may wait
 * @param aside runs timed steps and callbacks
 * @param notices told what a person should know
 */
record TaskServices(
    Reports reports, Supplier<Channel> channels, SideThreads aside, Consumer<String> notices) {}
