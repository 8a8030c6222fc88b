/** What may depend on what, held by tests. */
@NullMarked
package dev.muster.architecture;

import org.jspecify.annotations.NullMarked;
