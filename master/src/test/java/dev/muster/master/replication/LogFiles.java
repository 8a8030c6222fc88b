package dev.muster.master.replication;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;

/** Writes segments as Ratis does; that Ratis agrees is the promise of another test. */
final class LogFiles {
  final UUID group = UUID.randomUUID();
  final Path raft;
  final Path current;

  LogFiles(Path raft) throws IOException {
    this.raft = raft;
    this.current = Files.createDirectories(raft.resolve(group.toString()).resolve("current"));
  }

  Path closed(long first, long last) {
    return write("log_" + first + "-" + last, segment(first, last), 0);
  }

  Path open(long first, long last, int preallocated) {
    return write("log_inprogress_" + first, segment(first, last), preallocated);
  }

  Path write(String name, byte[] content, int zeros) {
    try {
      return Files.write(
          current.resolve(name), java.util.Arrays.copyOf(content, content.length + zeros));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] segment(long first, long last) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("RaftLog1".getBytes(StandardCharsets.US_ASCII));
    for (long index = first; index <= last; index++) {
      out.writeBytes(record(index));
    }
    return out.toByteArray();
  }

  static byte[] record(long index) {
    byte[] entry =
        LogEntryProto.newBuilder()
            .setTerm(1)
            .setIndex(index)
            .setStateMachineLogEntry(
                StateMachineLogEntryProto.newBuilder()
                    .setLogData(ByteString.copyFromUtf8("what entry " + index + " carries")))
            .build()
            .toByteArray();
    int head = CodedOutputStream.computeUInt32SizeNoTag(entry.length);
    ByteBuffer record = ByteBuffer.allocate(head + entry.length + Integer.BYTES);
    try {
      CodedOutputStream coded = CodedOutputStream.newInstance(record.array(), 0, head);
      coded.writeUInt32NoTag(entry.length);
      coded.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    record.position(head).put(entry);
    CRC32C checksum = new CRC32C();
    checksum.update(record.array(), 0, head + entry.length);
    return record.putInt((int) checksum.getValue()).array();
  }
}
