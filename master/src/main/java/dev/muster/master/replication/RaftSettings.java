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

  static RaftProperties of(Path directory) {
    RaftProperties properties = new RaftProperties();
    List<File> storage = List.of(directory.toFile());
    RaftServerConfigKeys.setStorageDir(properties, storage);
    log(properties);
    snapshots(properties);
    elections(properties);
    // Requests are told apart by our own numbers at apply time, and Ratis answers from its pending
    // requests, not from this cache: it only costs memory. An answer and a dozen objects for each
    // entry of the last 5 s were a quarter of a young collection's pause at a steady load.
    RaftServerConfigKeys.RetryCache.setExpiryTime(properties, milliseconds(100));
    RaftServerConfigKeys.Write.setElementLimit(properties, 64);
    RaftServerConfigKeys.Write.setByteLimit(properties, SizeInBytes.valueOf("64MB"));
    return properties;
  }

  private static void log(RaftProperties properties) {
    // The thread that makes entries durable also writes the zeros of the preallocation, which the
    // next fsync then waits for (8 ms for 8 MB), and deletes the segments that are not needed any
    // more (40 ms for 64 MB, 10 ms for 16 MB). Smaller segments are rolled too often: each is an
    // fsync. An entry that is larger than the preallocation is preallocated for itself alone, and
    // its zeros never reach the disk; without any, each fsync of a small one would write the file's
    // size, too.
    RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("16MB"));
    RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
    // What is applied is not read again: held longer, it is copied by each collection until it is
    // old, and then is the garbage that a full one must find.
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 0);
    // The largest entry is bounded by the appender's limit; the write buffer must hold one and its
    // header.
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf("8MB"));
    RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("9MB"));
    // Acknowledged means fsynced; with either of these on, an fsync that fails would still be
    // acknowledged.
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
    // Ratis would write into the log up to where it is committed, with an fsync of its own behind
    // that of each entry. A group of one has no need of it: what is in its log is committed.
    RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
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
