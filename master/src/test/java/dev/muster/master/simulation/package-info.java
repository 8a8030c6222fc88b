/**
 * The whole master in one thread, in virtual time, from one seed: the classes of production from
 * the gRPC services down to the state machine, with a log, a network and clients that fail on
 * purpose.
 *
 * <p>{@link dev.muster.master.simulation.World} holds time, chance and faults; {@link
 * dev.muster.master.simulation.SimulatedMaster} is one life of the master over a {@link
 * dev.muster.master.simulation.SimulatedDisk}; {@link dev.muster.master.simulation.SimulatedCall}
 * is the network. The clients tell a {@link dev.muster.master.simulation.Ledger} what they were
 * promised, and it knows what must never follow; what there is to promise of keys, ties, schedules
 * and order has a ledger of its own. {@link dev.muster.master.simulation.Workload} says what tasks
 * there are.
 */
@NullMarked
package dev.muster.master.simulation;

import org.jspecify.annotations.NullMarked;
