package dev.muster.master.queue;

import com.google.protobuf.ByteString;
import dev.muster.master.store.LaneKey;
import dev.muster.master.store.StateStore;
import dev.muster.proto.v1.TaskOptions;

/**
 * Writes what became of the tasks of a generation, in order of id. Tasks that came together lie
 * side by side, and mostly go together: those are deleted as one.
 */
final class TaskWriter implements IdPages.Visitor<Generation.Change> {
  private final StateStore.Batch batch;

  /** The options of the last task: those of the next are mostly the same. */
  private TaskOptions lastOptions = TaskOptions.getDefaultInstance();

  private ByteString lastOptionsBytes = ByteString.EMPTY;

  /** Ids and places in a row that are gone and not deleted yet: so many, up to these. */
  private long goneRun;

  private long goneId;
  private LaneKey goneLane = new LaneKey(LaneKey.Kind.READY, 0, 0);
  private long gonePosition;

  TaskWriter(StateStore.Batch batch) {
    this.batch = batch;
  }

  @Override
  public void visit(long id, Generation.Change change) {
    if (change instanceof Generation.Gone gone) {
      delete(id, gone.lane(), gone.position());
    } else if (change instanceof Task task) {
      write(task);
    }
  }

  private void write(Task task) {
    LaneKey stored = task.storedLane;
    if (stored != null && !(task.storedPosition == task.position && stored.equals(task.lane))) {
      batch.deletePlaces(stored, task.storedPosition, task.storedPosition);
    }
    batch.putTask(task.toRecord(toBytes(task.options)));
    batch.putPlace(task.lane, task.position, task.id);
  }

  @SuppressWarnings("ReferenceEquality") // to compare them takes as long as to write them
  private ByteString toBytes(TaskOptions options) {
    if (options != lastOptions) {
      lastOptionsBytes = options.toByteString();
      lastOptions = options;
    }
    return lastOptionsBytes;
  }

  private void delete(long id, LaneKey lane, long position) {
    if (id != goneId + 1 || position != gonePosition + 1 || !lane.equals(goneLane)) {
      end();
    }
    goneRun++;
    goneId = id;
    goneLane = lane;
    gonePosition = position;
  }

  /** There are no more tasks. */
  void end() {
    if (goneRun > 0) {
      batch.deleteTasks(goneId - goneRun + 1, goneId);
      batch.deletePlaces(goneLane, gonePosition - goneRun + 1, gonePosition);
      goneRun = 0;
    }
  }
}
