package dev.muster.master.auth;

import dev.muster.common.AuthKey;
import dev.muster.common.tls.ServerCertificate;
import dev.muster.common.tls.TlsContexts;
import dev.muster.master.rpc.ServerLimits;
import dev.muster.proto.v1.GetQueueRequest;
import dev.muster.proto.v1.QueueInfo;
import dev.muster.proto.v1.QueuesGrpc;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A guarded server on loopback whose one service answers with the caller's key id. */
final class TestMaster implements AutoCloseable {
  final ConnectionGate gate;
  private final Server server;
  private final int port;
  private final ServerLimits.EventLoops loops;

  private TestMaster(Server server, ServerLimits.EventLoops loops, ConnectionGate gate) {
    this.server = server;
    this.port = server.getPort();
    this.loops = loops;
    this.gate = gate;
  }

  static TestMaster start(@Nullable ServerCertificate certificate, AuthKey... keys)
      throws IOException {
    return start(0, certificate, new ConnectionGate(), keys);
  }

  static TestMaster start(
      int port, @Nullable ServerCertificate certificate, ConnectionGate gate, AuthKey... keys)
      throws IOException {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(new WhoAmI())
            .addService(new HealthStatusManager().getHealthService());
    if (certificate != null) {
      builder.sslContext(TlsContexts.server(certificate));
    }
    ServerLimits.EventLoops loops = ServerLimits.apply(builder, gate);
    AuthService.install(builder, KeyRing.of(List.of(keys)), certificate, gate);
    return new TestMaster(builder.build().start(), loops, gate);
  }

  /** Also after close. */
  int port() {
    return port;
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loops.close();
  }

  private static final class WhoAmI extends QueuesGrpc.QueuesImplBase {
    @Override
    public void getQueue(GetQueueRequest request, StreamObserver<QueueInfo> reply) {
      Principal principal = Principal.CONTEXT_KEY.get();
      reply.onNext(
          QueueInfo.newBuilder().setName(principal == null ? "" : principal.keyId()).build());
      reply.onCompleted();
    }
  }
}
