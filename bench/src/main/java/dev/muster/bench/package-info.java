/**
 * The load generator: what `muster bench` runs. It starts a master of its own as a process of its
 * own, drives it through the public client and worker libraries as a user would, and says what it
 * measured and how. Depends on everything, and nothing but the command line depends on it.
 */
@NullMarked
package dev.muster.bench;

import org.jspecify.annotations.NullMarked;
