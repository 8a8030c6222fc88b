/**
 * How values become payload bytes and come back: JSON, protobuf, or raw bytes.
 *
 * <p>In come values of the application; out go bytes with a content type, and the reverse. Any
 * thread. Never Java serialization, and never a type that is named by the bytes themselves.
 */
@NullMarked
package dev.muster.common.codec;

import org.jspecify.annotations.NullMarked;
