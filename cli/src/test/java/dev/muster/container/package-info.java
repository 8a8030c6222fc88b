/**
 * Tests with real containers: a master and workers, each in a container of its own, on a private
 * network.
 *
 * <p>In comes the runnable jar of this build; it is put into an image made from the repository's
 * {@code Dockerfile}. The tests drive the master through the client library, over a port on
 * loopback, and break containers and network from outside. Runs on the test's thread. What is made
 * in the engine carries the label {@value dev.muster.container.PrivateNetwork#LABEL}, so that
 * {@code .ci/run} can remove it after a crash; nothing else in the engine is ever touched.
 */
@NullMarked
package dev.muster.container;

import org.jspecify.annotations.NullMarked;
