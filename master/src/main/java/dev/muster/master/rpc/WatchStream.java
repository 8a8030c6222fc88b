package dev.muster.master.rpc;

import dev.muster.master.dispatch.Awaits;
import dev.muster.master.dispatch.NoteReader;
import dev.muster.master.dispatch.RunningNotes;
import dev.muster.proto.v1.WatchReply;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Sends what tasks say while they run, and how they end; ends after the last end. */
final class WatchStream extends Outflow<WatchReply> {
  private final NoteReader reader;

  private WatchStream(ServerCallStreamObserver<WatchReply> caller, Executor egress, int tasks) {
    super(caller, egress);
    this.reader = new NoteReader(tasks, this::schedule);
  }

  /**
   * Watches until all tasks have ended or the caller goes away.
   *
   * @param ids without duplicates
   */
  static void open(
      ServerCallStreamObserver<WatchReply> caller,
      Executor egress,
      List<Long> ids,
      RunningNotes notes,
      Awaits awaits) {
    WatchStream stream = new WatchStream(caller, egress, ids.size());
    // Notes first: what a task says is then heard before its end.
    notes.read(ids, stream.reader);
    Awaits.Waiter waiter = awaits.register(ids, stream.reader::ended);
    stream.endWithCaller(
        () -> {
          notes.leave(ids, stream.reader);
          awaits.cancel(waiter);
        });
  }

  @Override
  @Nullable WatchReply gather() {
    return reader.poll();
  }

  @Override
  boolean isLast() {
    return reader.isDone();
  }
}
