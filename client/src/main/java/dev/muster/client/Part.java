package dev.muster.client;

import dev.muster.common.codec.Codec;
import dev.muster.proto.v1.WatchReply;
import java.util.Spliterator;
import java.util.Spliterators.AbstractSpliterator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A part of a result before its task has ended.
 *
 * @param token the attempt that gave it: when it changes, the task is tried again
 * @param number from 1 in each attempt; a gap means that there were more than the master keeps (the
 *     last 256) before somebody listened
 * @param value the part
 */
public record Part<R>(long token, long number, R value) {
  /** The parts among what is watched; closes it when the stream is closed. */
  static <R> Stream<Part<R>> stream(WatchReplies replies, Codec<R> codec) {
    Spliterator<Part<R>> parts =
        new AbstractSpliterator<>(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
          @Override
          public boolean tryAdvance(Consumer<? super Part<R>> action) {
            try {
              WatchReply reply = replies.next();
              while (reply != null && !reply.hasPartial()) {
                reply = replies.next();
              }
              if (reply == null) {
                return false;
              }
              var partial = reply.getPartial();
              action.accept(
                  new Part<>(
                      partial.getToken(), partial.getNumber(), codec.decode(partial.getValue())));
              return true;
            } catch (InterruptedException e) {
              throw TimeLimit.interrupted("parts of a result were awaited");
            }
          }
        };
    return StreamSupport.stream(parts, false).onClose(replies::close);
  }
}
