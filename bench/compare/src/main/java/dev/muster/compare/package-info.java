/**
 * Muster beside other queues, in one run: what `bench/compare/run` runs. In come the names of the
 * contenders and how often each is measured; out go lines with the rates, and a table and a chart
 * for the docs. Each contender is started on loopback with fresh data, and is gone, with its data,
 * when its turn ends. A producer, two workers and a collector drive it, one thread each; clients
 * that push have threads of their own. It knows Muster by its command line only.
 */
@NullMarked
package dev.muster.compare;

import org.jspecify.annotations.NullMarked;
