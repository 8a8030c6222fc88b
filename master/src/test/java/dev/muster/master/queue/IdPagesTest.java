package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.TaskOptions;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tasks by id, against a plain map. */
final class IdPagesTest {
  private final QueueState queue = new QueueState(1, "q", new Histories());
  private final IdPages<Task> pages = new IdPages<>();
  private final Map<Long, Task> model = new HashMap<>();

  private Task task(long id) {
    return new Task(
        id, queue, TaskOptions.getDefaultInstance(), ByteString.EMPTY, 0, Task.Keys.NONE, 0);
  }

  private Map<Long, Task> all() {
    Map<Long, Task> all = new LinkedHashMap<>();
    pages.forEach(all::put);
    return all;
  }

  @Test
  void shouldHoldWhatWasPutAndNotRemoved() {
    Random random = new Random(7);
    for (int step = 0; step < 20_000; step++) {
      // neighbours, and some that are far apart and fall on the same place
      long id = random.nextInt(500) + (random.nextInt(4) == 0 ? (long) random.nextInt(9) << 40 : 0);
      if (random.nextInt(5) < 2) {
        pages.remove(id);
        model.remove(id);
      } else {
        Task task = task(id);
        assertThat(pages.put(id, task)).isSameAs(model.get(id));
        model.put(id, task);
      }
      assertThat(pages.get(id)).isSameAs(model.get(id));
      long other = random.nextInt(500);
      assertThat(pages.get(other)).isSameAs(model.get(other));
      assertThat(pages.size()).isEqualTo(model.size());
    }
    assertThat(all()).isEqualTo(model);
    assertThat(List.copyOf(all().keySet())).isSorted();
    model.keySet().forEach(pages::remove);
    assertThat(pages.isEmpty()).isTrue();
    assertThat(all()).isEmpty();
  }
}
