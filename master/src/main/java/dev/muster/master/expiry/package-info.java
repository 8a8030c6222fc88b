/**
 * Leader only: watches deadlines and proposes what they demand. Apply looks again and may refuse,
 * so that a watcher that is early, late or wrong changes nothing.
 */
@NullMarked
package dev.muster.master.expiry;

import org.jspecify.annotations.NullMarked;
