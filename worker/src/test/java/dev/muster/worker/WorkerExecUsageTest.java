package dev.muster.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Settlement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What a program used is in the timeline of its task, not only what its slot's thread did. */
@Timeout(60)
@EnabledOnOs({OS.LINUX, OS.MAC})
final class WorkerExecUsageTest {
  /**
   * Some seconds' work for a shell below the shell: looks at it are a hundred times as far apart as
   * one takes, and on a busy machine the second may come after two seconds.
   */
  private static final String BUSY = "(i=0; while [ $i -lt 4000000 ]; do i=$((i+1)); done); true";

  private static final long LEAST_CPU_US = 80_000;

  private final FakeMaster master = new FakeMaster();

  @AfterEach
  void close() {
    master.close();
  }

  @Test
  void shouldCountTheCpuTimeOfAProgramAndWhatItStarted() throws InterruptedException {
    master.start(master.worker().allowExec("sh"));
    master.welcome(false, 0);
    ByteString payload =
        Codecs.json(Map.class).encode(Map.of("program", "sh", "args", List.of("-c", BUSY)));
    master.offer("exec", offer -> offer.setPayloads(0, payload), 9);
    Settlement settlement = master.settle();
    assertThat(settlement.getCompletedUsage(0).getUsage().getCpuUs()).isGreaterThan(LEAST_CPU_US);
  }
}
