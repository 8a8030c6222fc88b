package dev.muster.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.WaitContainerResultCallback;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.ExecInContainerPattern;
import org.testcontainers.containers.output.OutputFrame.OutputType;
import org.testcontainers.utility.LogUtils;

/**
 * One container of a {@link PrivateNetwork}, and what a test may do to it. Its peers reach it by
 * its name. First what it is made of ({@code env}, {@code mount}, {@code publish}), then {@link
 * #start}, then the rest. One thread.
 */
final class Node {
  private final DockerClient docker = DockerClientFactory.lazyClient();
  private final PrivateNetwork network;
  private final String name;
  private final String address;
  private final String image;
  private final List<String> command;
  private final List<String> env = new ArrayList<>();
  private final List<Bind> mounts = new ArrayList<>();
  private final List<PortBinding> ports = new ArrayList<>();
  private final StringBuilder earlierLogs = new StringBuilder();
  private @Nullable String id;
  private int starts;

  Node(PrivateNetwork network, String name, String address, String image, String... command) {
    this.network = network;
    this.name = name;
    this.address = address;
    this.image = image;
    this.command = List.of(command);
  }

  Node env(String key, String value) {
    env.add(key + "=" + value);
    return this;
  }

  /** Mounts a volume of the engine. */
  Node mount(String volume, String path) {
    mounts.add(new Bind(volume, new Volume(path)));
    return this;
  }

  /**
   * Makes a port of the container reachable at a port on loopback; the same one for the node's
   * whole life.
   */
  Node publish(int containerPort, int loopbackPort) {
    ports.add(PortBinding.parse("127.0.0.1:%d:%d/tcp".formatted(loopbackPort, containerPort)));
    return this;
  }

  /** Makes and starts the container; returns when its process runs, not when it is ready. */
  Node start() {
    id =
        docker
            .createContainerCmd(image)
            .withName(name + "-" + network.id().substring(0, 12))
            .withHostName(name)
            .withAliases(name)
            .withIpv4Address(address)
            .withEnv(env)
            .withExposedPorts(
                ports.stream().map(PortBinding::getExposedPort).toArray(ExposedPort[]::new))
            .withHostConfig(
                HostConfig.newHostConfig()
                    .withNetworkMode(network.id())
                    .withBinds(mounts)
                    .withPortBindings(ports))
            .withLabels(Map.of(PrivateNetwork.LABEL, "true"))
            .withCmd(command)
            .exec()
            .getId();
    docker.startContainerCmd(id).exec();
    starts = 1;
    return this;
  }

  /** SIGKILL: no time for a last word. Returns when the process is gone. */
  void kill() {
    docker.killContainerCmd(id()).withSignal("KILL").exec();
    awaitExit();
  }

  /** SIGTERM, as by {@code docker stop}. Returns the exit code. */
  int terminate() {
    docker.killContainerCmd(id()).withSignal("TERM").exec();
    return awaitExit();
  }

  /** Waits until the process has ended; returns its exit code. */
  int awaitExit() {
    return docker.waitContainerCmd(id()).exec(new WaitContainerResultCallback()).awaitStatusCode();
  }

  /** Starts the same container again, with the files it had. */
  void startAgain() {
    docker.startContainerCmd(id()).exec();
    starts++;
  }

  /** A new container in the place of the old one: only what is on mounted volumes survives. */
  void replace() {
    earlierLogs.append(LogUtils.getOutput(docker, id()));
    remove();
    start();
  }

  /** Cuts it off its peers; its process goes on. */
  void cut() {
    network.detach(id());
  }

  /** Ends a {@link #cut}: same name, same address. */
  void heal() {
    network.attach(id(), name, address);
  }

  /**
   * Waits until a line that matches was printed since the latest start.
   *
   * @throws AssertionError with the whole log, when it does not come within the time, or the
   *     process ends without it
   */
  Node awaitLine(String regex, Duration timeout) throws InterruptedException {
    Predicate<String> matches = Pattern.compile(regex).asPredicate();
    CompletableFuture<String> outcome = new CompletableFuture<>();
    // A container's log goes over all its starts: each of them prints its own such line.
    AtomicInteger missing = new AtomicInteger(starts);
    LogUtils.followOutput(
        docker,
        id(),
        frame -> {
          if (frame.getType() == OutputType.END) {
            outcome.complete("its process ended without");
          } else if (matches.test(frame.getUtf8String()) && missing.decrementAndGet() == 0) {
            outcome.complete("");
          }
        });
    String problem;
    try {
      problem = outcome.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      problem = "there was none within " + timeout;
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
    if (!problem.isEmpty()) {
      throw new AssertionError(
          "expected %s to print a line like \"%s\"; %s; it printed:%n%s"
              .formatted(name, regex, problem, log()));
    }
    return this;
  }

  /** Runs a command in the container. */
  ExecResult exec(String... command) throws IOException, InterruptedException {
    return ExecInContainerPattern.execInContainer(
        docker, docker.inspectContainerCmd(id()).exec(), command);
  }

  String name() {
    return name;
  }

  String address() {
    return address;
  }

  /** All that it printed, on both streams, over all its starts. */
  String log() {
    return earlierLogs + (id == null ? "" : LogUtils.getOutput(docker, id));
  }

  void writeLog(Path file) throws IOException {
    Files.writeString(file, log());
  }

  void remove() {
    if (id == null) {
      return;
    }
    docker.removeContainerCmd(id).withForce(true).withRemoveVolumes(true).exec();
    id = null;
  }

  private String id() {
    if (id == null) {
      throw new IllegalStateException("node " + name + " was not started");
    }
    return id;
  }
}
