package dev.muster.master.replication;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.muster.master.log.v1.Entry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SnapshotManagementRequest;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Apache Ratis as our log: translates, and nothing else. */
public final class RaftNode implements Log, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RaftNode.class);
  private static final RaftPeerId SELF = RaftPeerId.valueOf("m1");
  private static final long SNAPSHOT_TIMEOUT_MS = 10_000;

  private final Applier applier;
  private final Consumer<Throwable> onBroken;
  private final RaftServer server;

  /**
   * Our group itself: the server's own method would hand each request to another thread and wait
   * for it.
   */
  private final RaftClientAsynchronousProtocol division;

  private final RaftGroupId groupId;
  private final ClientId clientId = ClientId.randomId();
  private final AtomicLong callId = new AtomicLong();
  private final CompletableFuture<Void> leaderReady = new CompletableFuture<>();
  private volatile TermIndex flushed;
  private volatile boolean closing;

  /**
   * @param directory Ratis' own
   * @param group identity of the cluster
   * @param flushedTerm term of the entry up to which the store is written
   * @param flushedIndex its index; -1: nothing was ever written
   * @param segmentBytes a segment of the log ends there
   * @param onBroken told when the log or apply is broken: the process must stop
   */
  public RaftNode(
      Path directory,
      UUID group,
      Applier applier,
      long flushedTerm,
      long flushedIndex,
      long segmentBytes,
      Consumer<Throwable> onBroken)
      throws IOException {
    this.applier = applier;
    this.onBroken = onBroken;
    this.flushed = TermIndex.valueOf(flushedTerm, flushedIndex);
    this.groupId = RaftGroupId.valueOf(group);
    RaftProperties properties = RaftSettings.of(directory, segmentBytes);
    RaftConfigKeys.Rpc.setType(properties, new SoloRpcType());
    RaftPeer peer = RaftPeer.newBuilder().setId(SELF).setAddress("localhost:0").build();
    this.server =
        RaftServer.newBuilder()
            .setServerId(SELF)
            .setGroup(RaftGroup.valueOf(groupId, peer))
            .setProperties(properties)
            .setOption(RaftStorage.StartupOption.RECOVER)
            .setStateMachine(new MachineAdapter())
            .build();
    this.division = (RaftClientAsynchronousProtocol) server.getDivision(groupId);
  }

  /** Starts; the future completes when every entry of the log is applied and this master leads. */
  public CompletableFuture<Void> start() throws IOException {
    server.start();
    return leaderReady;
  }

  @Override
  public void append(Batch batch, Entry entry, Consumer<Batch> ended) {
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(clientId)
            .setServerId(SELF)
            .setGroupId(groupId)
            .setCallId(callId.incrementAndGet())
            .setMessage(new EntryMessage(batch, entry))
            .setType(RaftClientRequest.writeRequestType())
            .build();
    try {
      CompletableFuture<?> ending =
          division
              .submitClientRequestAsync(request)
              .whenComplete((reply, failure) -> end(batch, reply, failure, ended));
      LOG.trace("appending {}", ending);
    } catch (IOException e) {
      end(batch, null, e, ended);
    }
  }

  private static void end(
      Batch batch,
      @Nullable RaftClientReply reply,
      @Nullable Throwable failure,
      Consumer<Batch> ended) {
    if (failure != null) {
      batch.unknown(String.valueOf(failure.getMessage()));
    } else if (reply == null || !reply.isSuccess()) {
      batch.unknown(reply == null ? "no reply" : String.valueOf(reply.getException()));
    }
    ended.accept(batch);
  }

  /** The store is written up to here: the log before it may go. Any thread. */
  public void flushed(long term, long index) {
    flushed = TermIndex.valueOf(term, index);
    if (closing) {
      return;
    }
    CompletableFuture<RaftClientReply> snapshot =
        server.snapshotManagementAsync(
            SnapshotManagementRequest.newCreate(
                clientId, SELF, groupId, callId.incrementAndGet(), SNAPSHOT_TIMEOUT_MS, 1));
    snapshot.exceptionally(
        failure -> {
          LOG.debug("the log was not purged; the next flush asks again", failure);
          return null;
        });
  }

  /** Stops Ratis. What is in flight is answered first. Safe to call twice. */
  @Override
  public void close() {
    closing = true;
    try {
      server.close();
    } catch (IOException e) {
      onBroken.accept(e);
    }
  }

  /**
   * An entry on its way through our own process: serialized once, and never parsed again on the
   * leader.
   */
  private record EntryMessage(Batch batch, Entry entry, ByteString content) implements Message {
    EntryMessage(Batch batch, Entry entry) {
      this(batch, entry, UnsafeByteOperations.unsafeWrap(entry.toByteArray()));
    }

    @Override
    public ByteString getContent() {
      return content;
    }
  }

  private static Entry parse(ByteString content) throws InvalidProtocolBufferException {
    return Entry.parseFrom(content.asReadOnlyByteBuffer());
  }

  private final class MachineAdapter extends BaseStateMachine {
    @Override
    public void initialize(RaftServer raftServer, RaftGroupId id, RaftStorage storage)
        throws IOException {
      super.initialize(raftServer, id, storage);
      if (flushed.getIndex() >= 0) {
        setLastAppliedTermIndex(flushed);
      }
    }

    @Override
    public @Nullable SnapshotInfo getLatestSnapshot() {
      TermIndex now = flushed;
      return now.getIndex() < 0 ? null : new StoreSnapshot(now);
    }

    @Override
    public TransactionContext startTransaction(RaftClientRequest request) {
      EntryMessage message = (EntryMessage) request.getMessage();
      return TransactionContext.newBuilder()
          .setStateMachine(this)
          .setClientRequest(request)
          .setServerRole(RaftPeerRole.LEADER)
          .setLogData(message.content)
          .setStateMachineContext(message)
          .build();
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
      LogEntryProto logged = transaction.getLogEntry();
      try {
        if (transaction.getStateMachineContext() instanceof EntryMessage message) {
          applier.apply(message.entry, message.batch, logged.getTerm(), logged.getIndex());
        } else {
          Entry entry = parse(logged.getStateMachineLogEntry().getLogData());
          applier.apply(entry, null, logged.getTerm(), logged.getIndex());
        }
        updateLastAppliedTermIndex(logged.getTerm(), logged.getIndex());
        return CompletableFuture.completedFuture(Message.EMPTY);
      } catch (InvalidProtocolBufferException | RuntimeException | Error e) {
        onBroken.accept(
            new IllegalStateException("entry " + logged.getIndex() + " cannot be applied", e));
        throw new IllegalStateException("entry " + logged.getIndex() + " cannot be applied", e);
      }
    }

    @Override
    public void notifyTermIndexUpdated(long term, long index) {
      applier.skip(term, index);
      super.notifyTermIndexUpdated(term, index);
    }

    @Override
    public long takeSnapshot() {
      // The store is the snapshot: what the flusher wrote last, never what is only in memory.
      long index = flushed.getIndex();
      return index < 0 ? RaftLog.INVALID_LOG_INDEX : index;
    }

    @Override
    public void notifyLeaderReady() {
      leaderReady.complete(null);
    }

    @Override
    public void notifyLogFailed(Throwable cause, LogEntryProto failedEntry) {
      onBroken.accept(new IOException("the log cannot be written: " + cause.getMessage(), cause));
    }

    @Override
    public void notifyServerShutdown(RoleInfoProto role, boolean allServer) {
      if (!closing) {
        onBroken.accept(new IllegalStateException("the replicated log stopped by itself"));
      }
    }
  }

  /** Tells Ratis where the log may begin; it has no files, because nobody is sent any. */
  private record StoreSnapshot(TermIndex termIndex) implements SnapshotInfo {
    @Override
    public TermIndex getTermIndex() {
      return termIndex;
    }

    @Override
    public List<FileInfo> getFiles() {
      return List.of();
    }
  }
}
