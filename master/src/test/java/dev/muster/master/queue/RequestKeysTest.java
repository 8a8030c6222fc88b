package dev.muster.master.queue;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.proto.v1.EnqueueRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Keys that a request says once mean the same as a key for each task. */
final class RequestKeysTest {
  private static final ByteString NOT_UNIQUE = ByteString.EMPTY;

  private static List<String> said(EnqueueRequest request) {
    RequestKeys keys = new RequestKeys(request);
    List<String> said = new ArrayList<>();
    for (int i = 0; i < request.getPayloadsCount(); i++) {
      Task.Keys mine = keys.of(i, NOT_UNIQUE);
      said.add(mine.group + "/" + mine.tenant);
    }
    return said;
  }

  @Test
  void shouldMeanTheSameWhetherSaidOnceOrForEachTask() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      boolean grouped = random.nextBoolean();
      boolean ofTenants = random.nextBoolean();
      EnqueueRequest.Builder request = EnqueueRequest.newBuilder();
      for (int i = 1 + random.nextInt(20); i > 0; i--) {
        request.addPayloads(ByteString.EMPTY);
        if (grouped) {
          request.addGroups(List.of("", "g", "h").get(random.nextInt(3)));
        }
        if (ofTenants) {
          request.addTenants(List.of("", "t", "u").get(random.nextInt(3)));
        }
      }
      EnqueueRequest once = SharedKeys.sayOnce(request.build());
      assertThat(said(once)).as("seed %d", seed).isEqualTo(said(request.build()));
    }
  }

  @Test
  void shouldShareKeysAmongTasksThatHaveTheSame() {
    EnqueueRequest request =
        EnqueueRequest.newBuilder()
            .addTenants("t")
            .addTenants("u")
            .addTenantIndexes(1)
            .addTenantIndexes(0)
            .addTenantIndexes(1)
            .build();
    RequestKeys keys = new RequestKeys(request);
    assertThat(keys.of(2, NOT_UNIQUE)).isSameAs(keys.of(0, NOT_UNIQUE));
    assertThat(keys.of(1, NOT_UNIQUE)).isNotSameAs(keys.of(0, NOT_UNIQUE));
    assertThat(keys.of(0, ByteString.copyFromUtf8("u"))).isNotSameAs(keys.of(0, NOT_UNIQUE));
  }
}
