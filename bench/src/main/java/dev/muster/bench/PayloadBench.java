package dev.muster.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whole lives of tasks with small and with large payloads, in turn, beside what the disk of the
 * data can do: before each round the same disk is written to in sequence.
 */
final class PayloadBench {
  private static final int SMALL_SYNC_BLOCKS = 1;
  private static final int LARGE_SYNC_BLOCKS = 8;

  /** So much of the payloads a worker takes ahead, bytes, and so much is unfinished at a time. */
  private static final long AHEAD_BYTES = 16L << 20;

  private static final long UNFINISHED_BYTES = 64L << 20;

  /** Of the bytes that are measured, before the clock starts. */
  private static final int WARM_UP_PART = 4;

  private final LifecycleOptions options;
  private final List<Integer> sizes;
  private final long bytes;
  private final int rounds;

  /**
   * @param options of all sizes; fewer tasks, credit and unfinished ones where payloads are large
   * @param sizes of the payloads, bytes
   * @param bytes payloads of one run together, at most
   * @param rounds of one run for each size
   */
  PayloadBench(LifecycleOptions options, List<Integer> sizes, long bytes, int rounds) {
    this.options = options;
    this.sizes = sizes;
    this.bytes = bytes;
    this.rounds = rounds;
  }

  Map<String, Object> run() {
    Map<String, LifecycleOptions> variants = new LinkedHashMap<>();
    for (int size : sizes) {
      variants.put(Integer.toString(size), sized(size));
    }
    int blocks = (int) Math.max(1, Math.min(256, bytes / DiskSpeed.BLOCK_BYTES));
    List<Double> small = new ArrayList<>();
    List<Double> large = new ArrayList<>();
    Comparison comparison =
        Comparison.run(
            variants,
            rounds,
            () -> {
              small.add(DiskSpeed.mbPerSecond(blocks, SMALL_SYNC_BLOCKS));
              large.add(DiskSpeed.mbPerSecond(blocks, LARGE_SYNC_BLOCKS));
            },
            this::runOnce);
    double smallMb = Stretch.thousandths(Rounds.median(small));
    double largeMb = Stretch.thousandths(Rounds.median(large));
    double disk = Math.max(smallMb, largeMb);
    String base = Integer.toString(sizes.get(0));
    Map<String, Object> map =
        comparison.toMap(
            "payload",
            "payload",
            base,
            (run, variant) -> {
              double mb = variant.perSecond() * (double) run.payloadBytes() / 1e6;
              Map<String, Object> more = new LinkedHashMap<>();
              more.put("mb_per_s", Stretch.thousandths(mb));
              more.put("of_disk", Stretch.thousandths(mb / disk));
              return more;
            });
    map.put("disk_mb_per_s_fsync_1_mib", smallMb);
    map.put("disk_mb_per_s_fsync_8_mib", largeMb);
    return map;
  }

  /**
   * Java compiles what runs often: large payloads are few, so that the master is warmed up with the
   * tasks of {@link #options} first, and only then with some of the size.
   */
  private LifecycleFigures runOnce(LifecycleOptions sized) {
    try (MasterProcess master = MasterProcess.start(sized.tls(), sized.masterJavaOptions())) {
      if (options.warmUp() > 0) {
        try (Lives small = new Lives(master.connect(), options, null)) {
          var unused = small.burn(options.warmUp());
        }
      }
      try (Lives lives = new Lives(master.connect(), sized, null)) {
        if (sized.warmUp() > 0) {
          var unused = lives.burn(sized.warmUp());
        }
        Stretch stretch = Stretch.begin(master);
        long ns = lives.burn(sized.tasks());
        return new LifecycleFigures(sized, stretch.end(sized.tasks(), ns), lives.refused());
      }
    }
  }

  private LifecycleOptions sized(int size) {
    int least = Math.max(1, size);
    return options.withPayload(
        size,
        Math.max(1, Math.min(options.tasks(), bytes / least)),
        Math.min(options.warmUp(), bytes / WARM_UP_PART / least),
        (int) Math.min(options.credit(), Math.max(1, AHEAD_BYTES / least)),
        Math.max(1, Math.min(options.unfinishedMax(), UNFINISHED_BYTES / least)));
  }
}
