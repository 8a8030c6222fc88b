package dev.muster.bench;

/**
 * Whole lives of tasks: put acknowledged durable → taken → result put and task acknowledged durable
 * → result taken and acknowledged. A producer puts as fast as the master takes, workers run a
 * handler that only answers, and a collector takes the results; clock from the first put to the
 * last result.
 */
final class LifecycleBench {
  private final LifecycleOptions options;

  LifecycleBench(LifecycleOptions options) {
    this.options = options;
  }

  LifecycleFigures run() {
    try (MasterProcess master = MasterProcess.start(options.tls(), options.masterJavaOptions());
        Lives lives = new Lives(master.connect(), options, null)) {
      if (options.warmUp() > 0) {
        var unused = lives.burn(options.warmUp());
      }
      Stretch stretch = Stretch.begin(master);
      long ns = lives.burn(options.tasks());
      return new LifecycleFigures(options, stretch.end(options.tasks(), ns), lives.refused());
    }
  }
}
