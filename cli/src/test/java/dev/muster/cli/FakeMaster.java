package dev.muster.cli;

import dev.muster.client.Muster;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.common.AuthKey;
import dev.muster.master.auth.AuthService;
import dev.muster.master.auth.ConnectionGate;
import dev.muster.master.auth.KeyRing;
import dev.muster.master.rpc.ServerLimits;
import dev.muster.proto.v1.EnqueueFrame;
import dev.muster.proto.v1.EnqueueReplies;
import dev.muster.proto.v1.EnqueueReply;
import dev.muster.proto.v1.EnqueueRequest;
import dev.muster.proto.v1.TasksGrpc;
import io.grpc.HandlerRegistry;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A master that says what a test told it to, and remembers what it was asked: on a loopback port,
 * behind the real authentication. What it was not told about is UNIMPLEMENTED.
 */
final class FakeMaster implements AutoCloseable {
  private final Map<String, ServerMethodDefinition<?, ?>> methods = new ConcurrentHashMap<>();
  private final List<Object> requests = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong nextId = new AtomicLong(7);
  private final Path keyFile;
  private final ServerLimits.EventLoops loops;
  private final Server server;

  private FakeMaster(Path keyFile, AuthKey key) throws IOException {
    this.keyFile = keyFile;
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .fallbackHandlerRegistry(new Told());
    ConnectionGate gate = new ConnectionGate();
    AuthService.install(builder, KeyRing.of(List.of(key)), null, gate);
    loops = ServerLimits.apply(builder, gate);
    server = builder.build().start();
    acceptPuts();
  }

  /**
   * Starts one.
   *
   * @param folder for its key
   */
  static FakeMaster start(Path folder) {
    try {
      AuthKey key = AuthKey.generate();
      Path keyFile = folder.resolve("fake-master.key");
      key.writeTo(keyFile);
      return new FakeMaster(keyFile, key);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Told extends HandlerRegistry {
    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
        String name, @Nullable String authority) {
      return methods.get(name);
    }
  }

  /**
   * From now on this method answers so: once, or each of the list for a stream. What the function
   * throws is the status.
   */
  <Q, R> void on(MethodDescriptor<Q, R> method, Function<Q, List<R>> answers) {
    methods.put(
        method.getFullMethodName(),
        ServerMethodDefinition.create(
            method,
            ServerCalls.asyncServerStreamingCall(
                (request, replies) -> {
                  requests.add(request);
                  try {
                    answers.apply(request).forEach(replies::onNext);
                    replies.onCompleted();
                  } catch (StatusRuntimeException refused) {
                    replies.onError(refused);
                  }
                })));
  }

  private void acceptPuts() {
    MethodDescriptor<EnqueueFrame, EnqueueReplies> method = TasksGrpc.getEnqueueStreamMethod();
    methods.put(
        method.getFullMethodName(),
        ServerMethodDefinition.create(method, ServerCalls.asyncBidiStreamingCall(this::puts)));
  }

  private StreamObserver<EnqueueFrame> puts(StreamObserver<EnqueueReplies> replies) {
    return new StreamObserver<>() {
      @Override
      public void onNext(EnqueueFrame frame) {
        EnqueueReplies.Builder answers = EnqueueReplies.newBuilder();
        for (EnqueueRequest request : frame.getRequestsList()) {
          requests.add(request);
          answers.addReplies(
              EnqueueReply.newBuilder()
                  .setNumber(request.getRequest().getNumber())
                  .setFirstId(nextId.getAndAdd(request.getPayloadsCount()))
                  .setCount(request.getPayloadsCount()));
        }
        replies.onNext(answers.build());
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        replies.onCompleted();
      }
    };
  }

  /** What it was asked so far, in order, of one kind. */
  <Q> List<Q> requests(Class<Q> type) {
    synchronized (requests) {
      return requests.stream().filter(type::isInstance).map(type::cast).toList();
    }
  }

  /** The last of them. */
  <Q> Q lastRequest(Class<Q> type) {
    List<Q> all = requests(type);
    if (all.isEmpty()) {
      throw new AssertionError("no " + type.getSimpleName() + " came, but " + requests);
    }
    return all.get(all.size() - 1);
  }

  /** A client of it. */
  Muster connect() {
    return Muster.connect(
        ConnectOptions.to("127.0.0.1:" + server.getPort(), AuthKey.fromFile(keyFile))
            .withPlaintext(true));
  }

  /** Runs a command against it. */
  CommandRun run(String... args) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    all.addAll(
        List.of(
            "--master",
            "127.0.0.1:" + server.getPort(),
            "--plaintext",
            "--auth-key-file",
            keyFile.toString()));
    return CommandRun.of(all.toArray(String[]::new));
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      boolean unused = server.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loops.close();
  }
}
