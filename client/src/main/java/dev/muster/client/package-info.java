/** Connect, enqueue, await results. */
@NullMarked
package dev.muster.client;

import org.jspecify.annotations.NullMarked;
