package dev.muster.master;

import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.tls.ServerCertificate;
import dev.muster.common.tls.TlsContexts;
import dev.muster.master.auth.AuthService;
import dev.muster.master.auth.ConnectionGate;
import dev.muster.master.auth.KeyRing;
import dev.muster.master.rpc.CallThreads;
import dev.muster.master.rpc.QueuesService;
import dev.muster.master.rpc.SchedulesService;
import dev.muster.master.rpc.ServerLimits;
import dev.muster.master.rpc.TasksService;
import dev.muster.master.rpc.WorkService;
import dev.muster.master.rpc.WorkersService;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A master: the queues, behind gRPC. Runs in one's own JVM or by the {@code muster master} command;
 * it is the same.
 *
 * <pre>{@code
 * try (Master master = Master.start(MasterConfig.builder().data(Path.of("data")).authKey(key).build())) {
 *   ... master.address() ...
 * }
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Master implements AutoCloseable {
  private static final long STOP_MS = 3_000;

  private final MasterConfig config;
  private final Core core;
  private final Server server;
  private final ServerLimits.EventLoops loops;
  private final CallThreads callThreads;
  private final HealthStatusManager health;
  private final @Nullable ServerCertificate certificate;
  private boolean closed;

  private Master(
      MasterConfig config,
      Core core,
      Server server,
      ServerLimits.EventLoops loops,
      CallThreads callThreads,
      HealthStatusManager health,
      @Nullable ServerCertificate certificate) {
    this.config = config;
    this.core = core;
    this.server = server;
    this.loops = loops;
    this.callThreads = callThreads;
    this.health = health;
    this.certificate = certificate;
  }

  /**
   * Starts a master; returns when it has recovered its state and takes calls.
   *
   * @throws InvalidInputException when the data directory or the port is in use, the data is of a
   *     newer version, or a setting is wrong
   * @throws MusterException when the data is damaged
   */
  public static Master start(MasterConfig config) {
    KeyRing keys = KeyRing.of(config.authKeys());
    Core core = Core.start(config);
    try {
      return serve(config, core, keys);
    } catch (RuntimeException | Error e) {
      core.close();
      throw e;
    }
  }

  private static Master serve(MasterConfig config, Core core, KeyRing keys) {
    ServerCertificate certificate =
        config.plaintext() ? null : ServerCertificate.loadOrMake(core.data().tls());
    CallThreads callThreads = new CallThreads();
    HealthStatusManager health = new HealthStatusManager();
    ConnectionGate gate = new ConnectionGate();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
            .executor(callThreads.first())
            .callExecutor(callThreads)
            .addService(
                new TasksService(
                    core.proposer(),
                    core.applier(),
                    core.dispatcher(),
                    core.sessions(),
                    core.roster(),
                    core.awaits(),
                    core.notes(),
                    core.diskWatch(),
                    core.egress()))
            .addService(
                new QueuesService(
                    core.proposer(),
                    core.applier(),
                    core.sessions(),
                    core.events(),
                    core::verify,
                    core.egress(),
                    core.background()))
            .addService(
                new WorkersService(core.proposer(), core.applier(), core.sessions(), core.roster()))
            .addService(
                new SchedulesService(
                    core.proposer(), core.applier(), core.diskWatch(), System::currentTimeMillis))
            .addService(new WorkService(core.proposer(), core.sessions(), core.egress()))
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    if (certificate != null) {
      builder.sslContext(TlsContexts.server(certificate));
    }
    AuthService.install(builder, keys, certificate, gate);
    ServerLimits.EventLoops loops = ServerLimits.apply(builder, gate);
    try {
      Server server = builder.build().start();
      health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, ServingStatus.SERVING);
      return new Master(config, core, server, loops, callThreads, health, certificate);
    } catch (IOException e) {
      loops.close();
      callThreads.close();
      throw new InvalidInputException(
          "cannot listen on "
              + config.host()
              + ":"
              + config.port()
              + ": "
              + rootMessage(e)
              + "; stop what listens there, or choose another --host or --port",
          e);
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = root.getCause(); cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return String.valueOf(root.getMessage());
  }

  /** The TCP port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Where clients connect to: host:port. */
  public String address() {
    return config.host() + ":" + port();
  }

  /** SHA-256 of the certificate, 64 hex digits; empty when it serves plaintext. */
  public Optional<String> certificateSha256() {
    return Optional.ofNullable(certificate).map(ServerCertificate::sha256Hex);
  }

  /**
   * Stops: no more calls, what is under way is answered or told to try again, the state is flushed.
   * Takes a few seconds at most; safe to call twice.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    health.enterTerminalState();
    server.shutdown();
    core.endStreams();
    try {
      if (!server.awaitTermination(STOP_MS, TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        server.awaitTermination(STOP_MS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    core.close();
    callThreads.close();
    loops.close();
  }
}
