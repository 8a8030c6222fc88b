package dev.muster.worker;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.muster.client.connection.ConnectOptions;
import dev.muster.client.connection.Connection;
import dev.muster.common.AuthKey;
import dev.muster.common.AuthenticationException;
import dev.muster.common.InRange;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.common.QueueName;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import dev.muster.proto.v1.Hello;
import dev.muster.worker.exec.ExecHandler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks of a master's queues in this JVM.
 *
 * <pre>{@code
 * Worker worker =
 *     Worker.connect("localhost:5000", AuthKey.fromEnvironment())
 *         .queue("tasks")
 *         .handle("square", Integer.class, n -> n * n)
 *         .slots(8)
 *         .start();
 * worker.drainOnShutdown();
 * worker.awaitTermination();
 * }</pre>
 *
 * <p>A task's outcome is sent until the master has it; a task is run again, by this or another
 * worker, when this process dies first. While the master is away, running tasks go on. Thread-safe.
 */
public final class Worker implements AutoCloseable {
  /** What {@link Builder#onNotice} hears when the master has first welcomed the worker. */
  public static final String CONNECTED = "connected";

  /** What {@link Builder#onNotice} hears when it has welcomed the worker after an outage. */
  public static final String CONNECTED_AGAIN = "connected again";

  /** How the notice begins that the worker has ended because trying again cannot help. */
  static final String ENDED = "ended: ";

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);

  /** How long a drained worker waits for the master to say that all outcomes are durable. */
  private static final long SETTLE_TIMEOUT_MS = 10_000;

  private static final long GOODBYE_TIMEOUT_MS = 2_000;
  private static final long UNREACHED_SETTLE_TIMEOUT_MS = 1_000;

  private final String name;
  private final Duration drainTimeout;
  private final @Nullable TaskHandler<?> programs;
  private final HandlerTable handlers;
  private final SlotPool slots;
  private final WorkerSession session;
  private final SessionKeeper keeper;
  private final Runnable disconnect;
  private final SideThreads aside;
  private final @Nullable ChildPool children;
  private final ChildSettings childSettings;
  private final AtomicBoolean draining = new AtomicBoolean();
  private volatile boolean killed;
  private volatile boolean drainedClean; // before `drained`
  private final CountDownLatch drained = new CountDownLatch(1);

  private Worker(Builder builder, WorkerLink link) {
    this.name = builder.name;
    this.drainTimeout = builder.drainTimeout;
    this.programs = builder.exec;
    this.handlers =
        new HandlerTable(builder.handlers, builder.nonRetryable, WorkerIdentity.text(builder.name));
    this.aside = new SideThreads(name);
    Reports reports = new Reports(aside);
    Consumer<String> warnings = notice -> warn(builder.notices, notice);
    this.slots =
        new SlotPool(
            handlers,
            builder.slots,
            builder.prefetch,
            new TaskServices(reports, link.channels(), aside, warnings));
    this.session = new WorkerSession(builder.identity(), slots, this::endInBackground, reports);
    this.keeper =
        new SessionKeeper(
            name,
            session,
            link,
            notice -> aside.call(() -> builder.notices.accept(notice)),
            failure -> {});
    this.disconnect = link.disconnect();
    this.childSettings = builder.childSettings();
    ChildProgram program = builder.childProgram();
    this.children =
        program == null
            ? null
            : ChildPool.start(
                name, program, childSettings.options(), builder.slots, aside, warnings);
    slots.start(session, SlotThreads.of(builder.isolation, name), builder.runners(children));
    keeper.start();
  }

  private void warn(Consumer<String> notices, String notice) {
    LOG.warn("{}: {}", name, notice);
    aside.call(() -> notices.accept(notice));
  }

  /**
   * Begins to build a worker; nothing is connected yet.
   *
   * @param address "host:port"
   */
  public static Builder connect(String address, AuthKey key) {
    return connect(ConnectOptions.to(address, key));
  }

  /** As {@link #connect(String, AuthKey)}, with further options. */
  public static Builder connect(ConnectOptions options) {
    return new Builder(
        () -> {
          Connection connection = Connection.open(options);
          return WorkerLink.over(connection);
        });
  }

  /** The name that people see. */
  public String name() {
    return name;
  }

  /**
   * Waits until the worker has ended: closed, or drained by the master's wish.
   *
   * @throws AuthenticationException when the key is not the master's
   */
  public void awaitTermination() throws InterruptedException {
    keeper.awaitEnd(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
  }

  /**
   * Takes no more tasks, gives back at once those that did not start, lets the running ones finish,
   * and ends. Returns when the outcomes are durable. Draining twice waits for the first, and
   * answers as it does.
   *
   * @param timeout how long running tasks may take; then they are interrupted and given back, free
   *     of charge
   * @return whether all running tasks finished and every outcome is durable; false also when the
   *     thread is interrupted while it waits
   */
  public boolean drain(Duration timeout) {
    if (!draining.compareAndSet(false, true)) {
      return awaitDrained();
    }
    boolean clean = false;
    try {
      session.drain();
      clean = slots.awaitQuiet(timeout.toMillis());
      if (!clean) {
        LOG.warn(
            "{}: tasks still run{}; they are given back",
            name,
            killed ? "" : " after " + timeout.toSeconds() + " s");
        slots.abandonRunning();
      }
      session.sayGoodbye();
      boolean settled =
          session.awaitSettled(
              session.isConnected() ? SETTLE_TIMEOUT_MS : UNREACHED_SETTLE_TIMEOUT_MS);
      if (!session.isSettled()) {
        LOG.warn("{}: the master did not confirm the last outcomes; it will run them again", name);
      }
      clean &= settled;
      if (settled) {
        keeper.awaitEnd(GOODBYE_TIMEOUT_MS, TimeUnit.MILLISECONDS); // the master closes the stream
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      slots.stop();
      if (children != null) {
        children.stop();
      }
      keeper.stop();
      aside.stop();
      disconnect.run();
      drainedClean = clean;
      drained.countDown();
    }
    return clean;
  }

  private boolean awaitDrained() {
    try {
      drained.await();
      return drainedClean;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Ends at once: what runs is interrupted and given back, free of charge, and what waits, too. A
   * drain under way waits no longer. Returns when the master knows; killing twice is harmless.
   */
  public void kill() {
    killed = true;
    slots.hurry();
    var unused = drain(Duration.ZERO);
  }

  /** Whether somebody ended it by {@link #kill()}, here or through the master. */
  public boolean wasKilled() {
    return killed;
  }

  private void endInBackground(boolean atOnce) {
    Thread thread = new Thread(atOnce ? this::kill : this::close, name + "-drain");
    thread.setDaemon(false);
    thread.start();
  }

  /**
   * Drains for at most the builder's {@link Builder#drainTimeout}, then ends. Closing twice is
   * harmless.
   */
  @Override
  public void close() {
    var unused = drain(drainTimeout);
  }

  /**
   * Puts these handlers in the place of all that the worker has; the programs that it may run stay
   * allowed. A task that runs goes on with the handler that it has; those that start from here on
   * get the new ones. With {@link Isolation#PROCESS} a process is started that loads them, which
   * takes half a second or so, and all others are replaced when their tasks are over. The master
   * hears of their names at once, or when it is back.
   *
   * @throws InvalidInputException when two have one name, or cannot be made in a process of their
   *     own where they should; nothing has changed then
   */
  public synchronized void replaceHandlers(Collection<? extends TaskHandler<?>> replacements) {
    Map<String, HandlerTable.Bound<?>> byName = new HashMap<>();
    Map<String, TaskHandler<?>> classes = new LinkedHashMap<>();
    for (TaskHandler<?> handler : replacements) {
      if (byName.putIfAbsent(handler.name(), HandlerTable.Bound.of(handler)) != null) {
        throw givenTwice(handler.name());
      }
      classes.put(handler.name(), handler);
    }
    if (programs != null && !byName.containsKey(programs.name())) {
      byName.put(programs.name(), HandlerTable.Bound.of(programs));
      classes.put(programs.name(), programs);
    }
    if (children != null) {
      children.replace(ChildProgram.of(classes.keySet(), classes, childSettings));
    }
    Set<String> before = handlers.names();
    handlers.replace(byName);
    Set<String> names = handlers.names();
    if (!names.equals(before)) {
      session.introduce(names);
    }
  }

  private static InvalidInputException givenTwice(String handler) {
    return new InvalidInputException("handler \"" + handler + "\" is given twice");
  }

  /** Drains when the JVM is asked to end, by SIGTERM for example. Returns this worker. */
  @CanIgnoreReturnValue
  public Worker drainOnShutdown() {
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, name + "-shutdown"));
    return this;
  }

  /** How many outcomes were refused because their tasks belonged to others by then. */
  public long refused() {
    return session.refused();
  }

  /** Waits for the end at most so long; false when it still runs. */
  public boolean awaitTermination(Duration timeout) throws InterruptedException {
    return keeper.awaitEnd(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Settings of a worker. For one thread. */
  public static final class Builder {
    private static final int SLOTS_MAX = 10_000;
    private static final int PREFETCH_MAX = 1_000_000;

    private final Supplier<WorkerLink> link;
    private final Set<String> queues = new LinkedHashSet<>();
    private final Map<String, HandlerTable.Bound<?>> handlers = new HashMap<>();
    private final List<Class<? extends Throwable>> nonRetryable = new ArrayList<>();
    private final Labels labels = new Labels();
    private final Set<String> programs = new LinkedHashSet<>();
    private @Nullable Path programDirectory;
    private @Nullable TaskHandler<?> exec;
    private int slots = 1;
    private int prefetch;
    private Duration drainTimeout = Duration.ofSeconds(30);
    private String name = "worker";
    private Consumer<String> notices = notice -> {};
    private Isolation isolation = Isolation.THREAD;
    private ChildOptions childOptions = ChildOptions.standard();
    private final Map<String, TaskHandler<?>> taskHandlers = new LinkedHashMap<>();
    private final List<Runnable> initializers = new ArrayList<>();

    Builder(Supplier<WorkerLink> link) {
      this.link = link;
    }

    /** Serves this queue, in turn with the others; at least one, at most 1,000. */
    @CanIgnoreReturnValue
    public Builder queue(String queue) {
      queues.add(QueueName.check(queue));
      return this;
    }

    /**
     * Runs tasks of this name; the empty name is for tasks that name no handler. Payloads are read
     * as JSON, {@code byte[]} as it is.
     *
     * @throws InvalidInputException when the name is taken
     */
    @CanIgnoreReturnValue
    public <T> Builder handle(String name, Class<T> payload, Handler<T> handler) {
      return handle(name, codec(payload), (value, context) -> handler.apply(value));
    }

    /** As {@link #handle(String, Class, Handler)}, told which task it is. */
    @CanIgnoreReturnValue
    public <T> Builder handle(String name, Class<T> payload, ContextHandler<T> handler) {
      return handle(name, codec(payload), handler);
    }

    /** As {@link #handle(String, Class, Handler)}, with a codec for the payloads. */
    @CanIgnoreReturnValue
    public <T> Builder handle(String name, Codec<T> payload, ContextHandler<T> handler) {
      if (handlers.putIfAbsent(name, new HandlerTable.Bound<>(payload, handler)) != null) {
        throw givenTwice(name);
      }
      return this;
    }

    /**
     * Hands plain entries of the queues, such as results, to a callback; an entry is removed when
     * the callback returns, and is a failed task when it throws. See also {@link QueueConsumer}.
     */
    @CanIgnoreReturnValue
    public <T> Builder consume(Class<T> type, Consumer<T> callback) {
      return handle(
          "",
          codec(type),
          (value, context) -> {
            callback.accept(value);
            return null;
          });
    }

    /** Adds a handler that names itself. */
    @CanIgnoreReturnValue
    public Builder handler(TaskHandler<?> handler) {
      return bind(handler);
    }

    @CanIgnoreReturnValue
    private <T> Builder bind(TaskHandler<T> handler) {
      handle(handler.name(), handler.payload(), handler::run);
      taskHandlers.put(handler.name(), handler);
      return this;
    }

    /**
     * Lets tasks for the built-in handler "exec" run these programs; see {@link ExecHandler}. Off
     * by default: who may enqueue tasks may run them, with any arguments, as this process's user. A
     * name is looked up on the PATH at {@link #start}; a program with a slash must be an absolute
     * path, and tasks must name it by that very path.
     */
    @CanIgnoreReturnValue
    public Builder allowExec(String... programs) {
      this.programs.addAll(List.of(programs));
      return this;
    }

    /** Programs run in this directory, all of them, instead of in an empty one of their own. */
    @CanIgnoreReturnValue
    public Builder execDirectory(Path directory) {
      programDirectory = directory;
      return this;
    }

    /**
     * Failures of these classes, and those that extend them, are final: trying again cannot help.
     * See also {@link NonRetryableException}. All others may be tried again.
     */
    @CanIgnoreReturnValue
    public Builder nonRetryable(Class<? extends Throwable> type) {
      nonRetryable.add(type);
      return this;
    }

    /**
     * What tasks may require of a worker: tasks that require this label get this worker only with
     * this value. At most 16, names and values of at most 255 bytes; the last value of a name
     * counts.
     */
    @CanIgnoreReturnValue
    public Builder label(String key, String value) {
      labels.add(key, value);
      return this;
    }

    /**
     * How many tasks run at the same time, each counted with its cost; 1 by default. A task that
     * costs more than all of them never comes here.
     */
    @CanIgnoreReturnValue
    public Builder slots(int count) {
      slots = InRange.check("slots", 1, SLOTS_MAX, count);
      return this;
    }

    /**
     * How many tasks may wait here beyond those that run, so that tiny tasks need no round trip
     * each; 0 by default. Others cannot run them meanwhile.
     */
    @CanIgnoreReturnValue
    public Builder prefetch(int count) {
      prefetch = InRange.check("prefetch", 0, PREFETCH_MAX, count);
      return this;
    }

    /**
     * How long running tasks may take to finish when the worker is closed, or asked by the master
     * to drain; 30 s by default, 0 or more. See {@link Worker#drain}.
     *
     * @throws InvalidInputException when it is less than 0
     */
    @CanIgnoreReturnValue
    public Builder drainTimeout(Duration timeout) {
      if (timeout.isNegative()) {
        throw new InvalidInputException("drain timeout must be at least 0, found " + timeout);
      }
      drainTimeout = timeout;
      return this;
    }

    /**
     * Where handlers run; {@link Isolation#THREAD} by default. In processes of their own they must
     * be {@link TaskHandler}s with a public constructor without parameters, as must what {@link
     * #initializer} names: {@link #start} refuses others.
     */
    @CanIgnoreReturnValue
    public Builder isolation(Isolation isolation) {
      this.isolation = isolation;
      return this;
    }

    /** Of the processes with {@link Isolation#PROCESS}; see {@link ChildOptions#standard}. */
    @CanIgnoreReturnValue
    public Builder children(ChildOptions options) {
      childOptions = options;
      return this;
    }

    /**
     * Run once on each slot's thread, or in each process, before its first task, in the order in
     * which they are given: for what a thread keeps, as a {@link ThreadLocal} does. When one
     * throws, tasks fail with its reason, and it is run again. See also {@link
     * TaskHandler#initialize}.
     */
    @CanIgnoreReturnValue
    public Builder initializer(Runnable initializer) {
      initializers.add(initializer);
      return this;
    }

    /** For people; "worker" by default. */
    @CanIgnoreReturnValue
    public Builder name(String name) {
      this.name = name;
      return this;
    }

    /**
     * Told, besides the log, what a person should know: {@link #CONNECTED}; the master is
     * unreachable (at once, then once a minute); the session was lost, after a pause for example,
     * with all that the worker held; {@link #CONNECTED_AGAIN}; a slot is lost to a handler that
     * does not stop; the worker has ended, and why, when trying again cannot help. Called on a
     * thread of the worker, one at a time; must be short. What it throws is logged.
     */
    @CanIgnoreReturnValue
    public Builder onNotice(Consumer<String> listener) {
      notices = listener;
      return this;
    }

    /**
     * Starts the worker. It connects in the background, for ever; see {@link
     * Worker#awaitTermination()}.
     *
     * @throws InvalidInputException when it lacks a queue, a program that is to be allowed is not
     *     there, or its handlers cannot run where they should
     */
    public Worker start() {
      if (!programs.isEmpty()) {
        TaskHandler<?> allowed = ExecHandler.allowing(programs, programDirectory);
        handler(allowed);
        exec = allowed;
        programs.clear();
      }
      var unused = identity(); // checked before connecting
      var unusedToo = childProgram();
      WorkerLink way = link.get();
      try {
        return new Worker(this, way);
      } catch (MusterException e) { // its processes do not start
        way.disconnect().run();
        throw e;
      }
    }

    private UnaryOperator<SlotRunner> runners(@Nullable ChildPool children) {
      List<Initializer> first = new ArrayList<>();
      initializers.forEach(initializer -> first.add(initializer::run));
      taskHandlers.values().forEach(handler -> first.add(handler::initialize));
      return children == null
          ? own -> new ThreadRunner(first, own)
          : own -> new ChildSlot(children, own);
    }

    /** What processes of this worker's handlers load; null: handlers run on threads. */
    private @Nullable ChildProgram childProgram() {
      return isolation == Isolation.PROCESS
          ? ChildProgram.of(handlers.keySet(), taskHandlers, childSettings())
          : null;
    }

    private ChildSettings childSettings() {
      return new ChildSettings(childOptions, initializers, nonRetryable);
    }

    private Hello identity() {
      return WorkerIdentity.of(
          name, queues, new TreeSet<>(handlers.keySet()), labels.values(), slots);
    }

    @SuppressWarnings("unchecked") // byte[].class is checked before the cast
    private static <T> Codec<T> codec(Class<T> type) {
      return type == byte[].class ? (Codec<T>) Codecs.bytes() : Codecs.json(type);
    }
  }
}
