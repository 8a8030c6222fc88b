package dev.muster.worker;

import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** Handlers that run in processes of their own, and what they tell of these. */
final class IsolatedHandlers {
  /** Everything that a long array can hold of the heap's smallest limit, and more. */
  private static final int TOO_MANY = 64 << 20;

  private IsolatedHandlers() {}

  /** All of them. */
  static Worker.Builder addTo(Worker.Builder builder) {
    return builder
        .isolation(Isolation.PROCESS)
        .handler(new Pid())
        .handler(new Exit())
        .handler(new Fill())
        .handler(new Shout())
        .handler(new Keep())
        .handler(new Talk())
        .handler(new Wait())
        .handler(new Deaf())
        .handler(new UntilDrained())
        .handler(new Stray())
        .handler(new World())
        .handler(new Inputs())
        .handler(new Unwritable())
        .handler(new Throwing());
  }

  abstract static class Named implements TaskHandler<Integer> {
    @Override
    public String name() {
      return getClass().getSimpleName();
    }

    @Override
    public Codec<Integer> payload() {
      return Codecs.json(Integer.class);
    }
  }

  /** The process, how often it was initialized, and how many tasks this thread had. */
  public static final class Pid extends Named {
    private static final ThreadLocal<Integer> INITIALIZED = ThreadLocal.withInitial(() -> 0);

    @Override
    public void initialize() {
      INITIALIZED.set(INITIALIZED.get() + 1);
    }

    @Override
    public Object run(Integer n, TaskContext context) {
      return ProcessHandle.current().pid() + ":" + INITIALIZED.get();
    }
  }

  public static final class Exit extends Named {
    @Override
    public Object run(Integer n, TaskContext context) {
      System.out.println("last words");
      System.exit(n);
      return n;
    }
  }

  public static final class Fill extends Named {
    @Override
    public Object run(Integer n, TaskContext context) {
      List<long[]> all = new ArrayList<>();
      while (all.size() < TOO_MANY) {
        all.add(new long[TOO_MANY]);
      }
      return all.size();
    }
  }

  /** Has another program write where the frames are. */
  public static final class Shout extends Named {
    @Override
    public Object run(Integer n, TaskContext context) throws IOException, InterruptedException {
      return new ProcessBuilder("echo", "hello").inheritIO().start().waitFor();
    }
  }

  /** Keeps so many MiB for ever. */
  public static final class Keep extends Named {
    private static final List<byte[]> KEPT = new ArrayList<>();

    @Override
    public Object run(Integer n, TaskContext context) {
      KEPT.add(new byte[n << 20]);
      return ProcessHandle.current().pid();
    }
  }

  public static final class Talk extends Named {
    @Override
    public Object run(Integer n, TaskContext context) {
      System.out.println("printed");
      System.err.print("complained");
      context.log("WARN", "logged");
      context.progress(0.5, "half");
      context.partial(Map.of("part", 1));
      context.enqueue(FollowUp.to("next", "go").payload(n));
      return List.of(context.taskId(), context.queue(), context.attempt(), context.headers());
    }
  }

  /** Until it is called off. */
  public static final class Wait extends Named {
    @Override
    public Object run(Integer n, TaskContext context) throws InterruptedException {
      CountDownLatch stopped = new CountDownLatch(1);
      if (n != 2) {
        context.onCancel(stopped::countDown);
      }
      context.log(Long.toString(ProcessHandle.current().pid()));
      stopped.await();
      context.checkCancelled();
      return n;
    }
  }

  /** Says that it runs; returns when its worker is about to go. */
  public static final class UntilDrained extends Named {
    @Override
    public Object run(Integer n, TaskContext context) {
      context.log("runs " + n);
      while (!context.isDraining()) {
        Thread.onSpinWait();
      }
      return n;
    }
  }

  /** Starts a process, says its number, and stops for nobody. */
  public static final class Deaf extends Named {
    @Override
    public Object run(Integer n, TaskContext context) throws IOException {
      Process below = new ProcessBuilder("sleep", "600").start();
      context.log(ProcessHandle.current().pid() + " " + below.pid());
      CountDownLatch never = new CountDownLatch(1);
      while (true) {
        try {
          never.await();
        } catch (InterruptedException e) {
          // goes on
        }
      }
    }
  }

  /**
   * Has a process started by one that ends at once, says its number and its own, and ends somehow.
   */
  public static final class Stray extends Named {
    static final int RETURNS = 1;
    static final int EXITS = 2;
    static final int STAYS = 3;

    @Override
    public Object run(Integer n, TaskContext context) throws IOException {
      Process shell = new ProcessBuilder("sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $!").start();
      try (BufferedReader lines = shell.inputReader()) {
        context.log(lines.readLine() + " " + ProcessHandle.current().pid());
      }
      switch (n) {
        case EXITS -> System.exit(1);
        case STAYS -> {
          while (true) {
            LockSupport.park(this);
          }
        }
        default -> {}
      }
      return n;
    }
  }

  /** Its environment and open files. */
  public static final class World extends Named {
    @Override
    public Object run(Integer n, TaskContext context) throws IOException {
      Map<String, String> world = new TreeMap<>(System.getenv());
      try (var descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
        for (Path descriptor : descriptors) {
          if (Files.isSymbolicLink(descriptor)) {
            world.put("fd " + descriptor.getFileName(), target(descriptor));
          }
        }
      }
      return world;
    }

    private static String target(Path descriptor) {
      try {
        return Files.readSymbolicLink(descriptor).toString();
      } catch (IOException closed) {
        return ""; // the one that lists them
      }
    }
  }

  public static final class Inputs extends Named {
    @Override
    public Object run(Integer n, TaskContext context) throws InterruptedException {
      return context.inputs().stream().map(input -> input.result(Integer.class)).toList();
    }
  }

  /** With a field that is no JSON. */
  public static final class Unwritable extends Named {
    @Override
    public Object run(Integer n, TaskContext context) {
      return new Report("r", new Object());
    }

    record Report(String name, Object detail) {}
  }

  public static final class Throwing extends Named {
    @Override
    public Object run(Integer n, TaskContext context) {
      throw n == 1 ? new IllegalArgumentException("one") : new IllegalStateException("other");
    }
  }
}
