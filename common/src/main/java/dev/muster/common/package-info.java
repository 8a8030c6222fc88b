/** What both sides share. */
@NullMarked
package dev.muster.common;

import org.jspecify.annotations.NullMarked;
