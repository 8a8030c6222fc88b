package dev.muster.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.Limits;
import dev.muster.common.MusterException;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.RequestId;
import dev.muster.proto.v1.TaskOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EnqueueBatchTest {
  private static final EnqueueRequest SHARED =
      EnqueueRequest.newBuilder()
          .setQueue("q")
          .setOptions(TaskOptions.newBuilder().setHandler("h"))
          .build();
  private static final ByteString SMALL = ByteString.copyFromUtf8("1");
  private static final int COST = EnqueueBatch.cost(SMALL, TaskKeys.NONE);

  private final EnqueueBatch batch = new EnqueueBatch(SHARED);

  @Test
  void shouldTakeOnlyTasksThatShareEverythingButTheirKeys() {
    assertThat(batch.takes(SHARED.toBuilder().build(), COST)).isTrue();
    assertThat(batch.takes(SHARED.toBuilder().setQueue("other").build(), COST)).isFalse();
    assertThat(batch.takes(SHARED.toBuilder().clearOptions().build(), COST)).isFalse();
    assertThat(batch.takes(SHARED.toBuilder().setDelayMs(1).build(), COST)).isFalse();
    assertThat(batch.takes(SHARED.toBuilder().addAfterIds(7).build(), COST)).isFalse();
  }

  @Test
  void shouldTakeNoMoreWhenTheBytesAreFull() {
    Recording receipt = new Recording();
    ByteString large = ByteString.copyFrom(new byte[EnqueueBatch.PREFERRED_BYTES]);
    int cost = EnqueueBatch.cost(large, TaskKeys.NONE);
    assertThat(batch.takes(SHARED, cost)).isFalse();
    batch.add(large, TaskKeys.NONE, cost, receipt, 0);
    assertThat(batch.takes(SHARED, COST)).isFalse();
    assertThat(EnqueueBatch.PREFERRED_BYTES).isLessThan(Limits.REQUEST_PAYLOAD_BYTES_MAX);
  }

  @Test
  void shouldHaveNoColumnsWhenNoTaskHasKeys() {
    add(TaskKeys.NONE, new Recording(), 0);
    EnqueueRequest request = numbered();
    assertThat(request.getGroupsList()).isEmpty();
    assertThat(request.getTenantsList()).isEmpty();
    assertThat(request.getUniqueKeysList()).isEmpty();
  }

  @Test
  void shouldMergeTasksOfDifferentKeysIntoColumns() {
    Recording receipt = new Recording();
    add(TaskKeys.NONE, receipt, 0);
    add(TaskKeys.ofGroup("g"), receipt, 1);
    add(TaskKeys.ofTenant("t"), receipt, 2);
    add(TaskKeys.NONE, receipt, 3);
    EnqueueRequest request = numbered();
    assertThat(request.getGroupsList()).containsExactly("", "g");
    assertThat(request.getGroupIndexesList()).containsExactly(0, 1, 0, 0);
    assertThat(request.getTenantsList()).containsExactly("", "t");
    assertThat(request.getTenantIndexesList()).containsExactly(0, 0, 1, 0);
    assertThat(request.getUniqueKeysList()).isEmpty();
  }

  @Test
  void shouldSayAKeyOnceHoweverManyTasksHaveIt() {
    Recording receipt = new Recording();
    for (int i = 0; i < 6; i++) {
      add(TaskKeys.ofTenant("t" + i % 2), receipt, i);
    }
    EnqueueRequest request = numbered();
    assertThat(request.getTenantsList()).containsExactly("t0", "t1");
    assertThat(request.getTenantIndexesList()).containsExactly(0, 1, 0, 1, 0, 1);
    assertThat(request.getGroupIndexesList()).isEmpty();
  }

  @Test
  void shouldTellEachReceiptItsRunOfIds() {
    Recording one = new Recording();
    Recording two = new Recording();
    add(TaskKeys.NONE, one, 0);
    add(TaskKeys.NONE, one, 1);
    add(TaskKeys.NONE, two, 0);
    add(TaskKeys.NONE, one, 2);
    batch.durable(EnqueueReply.newBuilder().setFirstId(100).setCount(4).build());
    assertThat(one.heard).containsExactly("0+2=100", "2+1=103");
    assertThat(two.heard).containsExactly("0+1=102");
    assertThat(batch.tasks()).isEqualTo(4);
  }

  @Test
  void shouldTellEachReceiptWhichIdsWereThereBefore() {
    // given
    Recording one = new Recording();
    Recording two = new Recording();
    add(TaskKeys.ofUnique("old"), one, 0);
    add(TaskKeys.ofUnique("a"), one, 1);
    add(TaskKeys.ofUnique("b"), two, 0);
    add(TaskKeys.ofUnique("a"), one, 2);
    // when
    batch.durable(
        EnqueueReply.newBuilder()
            .setFirstId(7)
            .setCount(4)
            .setExisting(2)
            .addAllIds(List.of(7L, 100L, 101L, 100L))
            .build());
    // then
    assertThat(one.heard).containsExactly("0 found 7", "1+1=100", "2 found 100");
    assertThat(two.heard).containsExactly("0+1=101");
  }

  @Test
  void shouldTakeIdsWithGapsWhenNoneWereThereBefore() {
    Recording receipt = new Recording();
    add(TaskKeys.NONE, receipt, 0);
    add(TaskKeys.NONE, receipt, 1);
    batch.durable(EnqueueReply.newBuilder().setFirstId(5).setCount(2).addIds(5).addIds(7).build());
    assertThat(receipt.heard).containsExactly("0+1=5", "1+1=7");
  }

  @Test
  void shouldFailWhenTheMasterAnswersWithAnotherNumberOfIds() {
    Recording receipt = new Recording();
    add(TaskKeys.ofUnique("a"), receipt, 0);
    batch.durable(EnqueueReply.newBuilder().addIds(1).addIds(2).setExisting(1).build());
    assertThat(receipt.heard).containsExactly("failed");
  }

  private void add(TaskKeys keys, Receipt receipt, long position) {
    batch.add(SMALL, keys, EnqueueBatch.cost(SMALL, keys), receipt, position);
  }

  private EnqueueRequest numbered() {
    batch.number(RequestId.newBuilder().setNumber(1).build());
    return batch.request();
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
    public void found(long position, long id) {
      heard.add(position + " found " + id);
    }

    @Override
    public void failed(long position, int count, MusterException reason) {
      heard.add("failed");
    }
  }
}
