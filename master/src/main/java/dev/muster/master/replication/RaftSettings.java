package dev.muster.master.replication;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** How we run Ratis, with the reasons. Setters, not strings: some documented keys do not exist. */
final class RaftSettings {
  private RaftSettings() {}

  /**
   * Settings for a log.
   *
   * @param segmentBytes a segment ends there
   */
  static RaftProperties of(Path directory, long segmentBytes) {
    RaftProperties properties = new RaftProperties();
    List<File> storage = List.of(directory.toFile());
    RaftServerConfigKeys.setStorageDir(properties, storage);
    log(properties, segmentBytes);
    snapshots(properties);
    elections(properties);
    // Requests are told apart by our own numbers at apply time; this cache only costs memory.
    RaftServerConfigKeys.RetryCache.setExpiryTime(properties, seconds(5));
    RaftServerConfigKeys.Write.setElementLimit(properties, 64);
    RaftServerConfigKeys.Write.setByteLimit(properties, SizeInBytes.valueOf("64MB"));
    return properties;
  }

  private static void log(RaftProperties properties, long segmentBytes) {
    // Large segments with little preallocation: a roll of small ones, or of fully preallocated
    // ones, shows as latency. Ratis preallocates by writing, so that the next fsync waits for as
    // many zeros; an entry that is larger than that is preallocated for itself alone, and its zeros
    // never reach the disk. Without any, each fsync of a small entry would write the file's size,
    // too.
    RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf(segmentBytes));
    RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
    // The entries of the open segment are in memory, and those of closed ones up to this.
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(
        properties, SizeInBytes.valueOf(segmentBytes / 2));
    // The largest entry is bounded by the appender's limit; the write buffer must hold one and its
    // header.
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf("8MB"));
    RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("9MB"));
    // Acknowledged means fsynced; with either of these on, an fsync that fails would still be
    // acknowledged.
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
    // A bad record stops the server; LogCheck has already mended the one case that is harmless.
    RaftServerConfigKeys.Log.setCorruptionPolicy(properties, CorruptionPolicy.EXCEPTION);
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
    RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
  }

  private static void snapshots(RaftProperties properties) {
    // Our flusher says when: a threshold of entries never fires on a quiet master, whose log then
    // grows for ever.
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, false);
    RaftServerConfigKeys.Snapshot.setCreationGap(properties, 1L);
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
  }

  private static void elections(RaftProperties properties) {
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, seconds(1));
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, seconds(2));
    // A group of one elects itself when its first time-out ends.
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, milliseconds(5));
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, milliseconds(10));
    RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
  }

  private static TimeDuration seconds(int value) {
    return TimeDuration.valueOf(value, TimeUnit.SECONDS);
  }

  private static TimeDuration milliseconds(int value) {
    return TimeDuration.valueOf(value, TimeUnit.MILLISECONDS);
  }
}
