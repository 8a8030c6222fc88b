/** The server. */
@NullMarked
package dev.muster.master;

import org.jspecify.annotations.NullMarked;
