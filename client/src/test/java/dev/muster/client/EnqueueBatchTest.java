package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EnqueueBatchTest {
  private static final TaskOptions OPTIONS = TaskOptions.newBuilder().setHandler("h").build();
  private static final ByteString SMALL = ByteString.copyFromUtf8("1");

  private final EnqueueBatch batch = new EnqueueBatch("q", OPTIONS);

  @Test
  void shouldTakeOnlyTasksOfTheSameQueueAndOptions() {
    assertThat(batch.takes("q", OPTIONS.toBuilder().build(), SMALL)).isTrue();
    assertThat(batch.takes("other", OPTIONS, SMALL)).isFalse();
    assertThat(batch.takes("q", TaskOptions.getDefaultInstance(), SMALL)).isFalse();
  }

  @Test
  void shouldTakeNoMoreWhenTheBytesAreFull() {
    Recording receipt = new Recording();
    ByteString large = ByteString.copyFrom(new byte[EnqueueBatch.PREFERRED_BYTES]);
    assertThat(batch.takes("q", OPTIONS, large)).isFalse();
    batch.add(large, receipt, 0);
    assertThat(batch.takes("q", OPTIONS, SMALL)).isFalse();
    assertThat(EnqueueBatch.PREFERRED_BYTES).isLessThan(Limits.REQUEST_PAYLOAD_BYTES_MAX);
  }

  @Test
  void shouldTellEachReceiptItsRunOfIds() {
    Recording one = new Recording();
    Recording two = new Recording();
    batch.add(SMALL, one, 0);
    batch.add(SMALL, one, 1);
    batch.add(SMALL, two, 0);
    batch.add(SMALL, one, 2);
    batch.durable(100);
    assertThat(one.heard).containsExactly("0+2=100", "2+1=103");
    assertThat(two.heard).containsExactly("0+1=102");
    assertThat(batch.tasks()).isEqualTo(4);
  }

  private static final class Recording implements Receipt {
    final List<String> heard = new ArrayList<>();

    @Override
    public long joined() {
      return 0;
    }

    @Override
    public void durable(long position, int count, long firstId) {
      heard.add(position + "+" + count + "=" + firstId);
    }

    @Override
    public void failed(long position, int count, MusterException reason) {
      heard.add("failed");
    }
  }
}
