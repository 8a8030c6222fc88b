package dev.muster.cli;

import dev.muster.cli.MapRun.ImpossibleMapException;
import dev.muster.client.pool.MapResults;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import org.jspecify.annotations.Nullable;

/** What {@code muster map} says at its end, and its exit code. */
final class MapEnding {
  private final Terminal terminal;
  private final StatusLine status;
  private final @Nullable String map;
  private final Results results;

  /** What is left of the map, see {@link MapResults}, whose methods these are. */
  interface Results {
    boolean continues();

    void close();

    void cancel();

    /** Those of a pool's map. */
    static Results of(MapResults<?> results) {
      return new Results() {
        @Override
        public boolean continues() {
          return results.continues();
        }

        @Override
        public void close() {
          results.close();
        }

        @Override
        public void cancel() {
          results.cancel();
        }
      };
    }
  }

  /**
   * @param map its name; null: it has none
   */
  MapEnding(Terminal terminal, StatusLine status, @Nullable String map, Results results) {
    this.terminal = terminal;
    this.status = status;
    this.map = map;
    this.results = results;
  }

  /** Runs it to its end, whatever that is. */
  int of(MapRun run) {
    MapRun.End end;
    try {
      end = run.run();
    } catch (ImpossibleMapException impossible) {
      if (!results.continues()) {
        results.cancel(); // nothing was done: the name is free again
      }
      throw impossible;
    } catch (InvalidInputException wrong) {
      throw wrong; // the same input would be as wrong again
    } catch (MusterException failed) {
      if (map != null) {
        status.clear();
        terminal.note(stoppedAfter(run.delivered()));
      }
      throw failed;
    }
    status.clear();
    return switch (end) {
      case COMPLETE -> {
        if (run.failed() > 0) {
          terminal.note(
              failures(run) + " of " + ProgressText.number(run.delivered()) + " items failed");
        }
        yield run.failed() > 0 ? ExitCode.FAILED : ExitCode.OK;
      }
      case UNWRITTEN -> unwritten(run);
      case HALTED -> {
        results.close(); // what is said next is so then
        terminal.note("stopped: " + failures(run) + " items failed; " + howToGoOn());
        yield ExitCode.FAILED;
      }
      case STOPPED -> stopped(run.delivered());
    };
  }

  /** Somebody wanted the end. */
  int stopped(long delivered) {
    results.close(); // what is said next is so then
    terminal.note(stoppedAfter(delivered));
    return ExitCode.STOPPED;
  }

  private String stoppedAfter(long delivered) {
    return "stopped: " + ProgressText.number(delivered) + " results delivered; " + howToGoOn();
  }

  /** Only who reads a pipe may go away. Anything else that takes no output is a fault. */
  private int unwritten(MapRun run) {
    if (terminal.tty().isPipe(1)) {
      return run.failed() > 0 ? ExitCode.FAILED : ExitCode.OK;
    }
    results.close(); // what is said next is so then
    String why = CheckedOutput.failure(terminal.out());
    throw new MusterException(
        "standard output cannot be written"
            + (why.isEmpty() ? "" : " (" + why + ")")
            + ": "
            + ProgressText.number(run.delivered())
            + " results delivered; "
            + howToGoOn());
  }

  private static String failures(MapRun run) {
    return ProgressText.number(run.failed());
  }

  private String howToGoOn() {
    return map == null
        ? "the rest was called off; a map that has a name (--name NAME) can be resumed"
        : "go on with the same command and the same input, and --resume " + map;
  }
}
