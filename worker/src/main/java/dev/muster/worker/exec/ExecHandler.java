package dev.muster.worker.exec;

import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.Codec;
import dev.muster.worker.FailureException;
import dev.muster.worker.NonRetryableException;
import dev.muster.worker.RunsInWorker;
import dev.muster.worker.TaskContext;
import dev.muster.worker.TaskHandler;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The handler "exec": runs a program that the worker allows, and returns
 *
 * <pre>{"exitCode": 0, "stdout": "…", "stderr": "…", "truncated": false}</pre>
 *
 * <p>The program gets its arguments as they are, no shell in between; an empty directory of its own
 * as working directory, HOME and TMPDIR, removed afterwards; and no environment but PATH, LANG and
 * TZ of the worker, what the task gives, and {@link ProcessTree#PROGRAM}. In a session of its own
 * where {@code setsid} is installed, so that a Ctrl-C meant for the worker does not reach it.
 *
 * <p>Each line of output is a line of the task's log, level STDOUT or STDERR, and a sign of life.
 * Of each stream the first 1 MiB is returned ("truncated" says when there was more): as {@code
 * stdout} when it is UTF-8 text, as {@code stdoutBase64} otherwise; {@code stderr} likewise.
 *
 * <p>An exit code other than 0 is a failure of kind {@value #FAILED}, which may be tried again, and
 * so is a run longer than the task's {@code timeoutMs}; its detail is the end of standard error. A
 * program that is not allowed is one of kind {@value #NOT_ALLOWED}, which is final. When the task
 * is called off, or runs too long, the program and all that it started get SIGTERM, and 3 s later
 * SIGKILL. Thread-safe.
 */
public final class ExecHandler implements TaskHandler<ExecCommand>, RunsInWorker {
  /** Kind of the failure when a program ended with another exit code than 0, or did not run. */
  public static final String FAILED = "muster.ExecFailed";

  /** Kind of the failure when the worker does not allow the program. */
  public static final String NOT_ALLOWED = "muster.ExecNotAllowed";

  /** So much of standard error is a failure's detail, bytes. */
  private static final int DETAIL_BYTES_MAX = 8 << 10;

  private static final int LINE_SHOWN_CHARACTERS_MAX = 500;
  private static final Charset NATIVE =
      Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
  private static final List<String> INHERITED = List.of("LANG", "TZ");

  private final Programs programs;
  private final Map<String, String> environment;
  private final @Nullable Path sharedDirectory;
  private final @Nullable Path newSession;

  private ExecHandler(
      Programs programs, Map<String, String> environment, @Nullable Path sharedDirectory) {
    this.programs = programs;
    this.environment = environment;
    this.sharedDirectory = sharedDirectory;
    this.newSession = Programs.optional("setsid", environment.getOrDefault("PATH", ""));
  }

  /**
   * One that runs these programs.
   *
   * @param programs names, which are looked up on the PATH now, or absolute paths; none: it refuses
   *     all
   * @param sharedDirectory the working directory of all of them instead of one for each; null: one
   *     for each
   * @throws InvalidInputException when a program cannot be run, or the directory is none
   */
  public static ExecHandler allowing(Collection<String> programs, @Nullable Path sharedDirectory) {
    Map<String, String> environment = new LinkedHashMap<>();
    String path = System.getenv().getOrDefault("PATH", "");
    environment.put("PATH", path);
    for (String name : INHERITED) {
      String value = System.getenv(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    if (sharedDirectory != null && !Files.isDirectory(sharedDirectory)) {
      throw new InvalidInputException(
          "programs are to run in " + sharedDirectory + ", which is not a directory");
    }
    return new ExecHandler(Programs.find(programs, path), environment, sharedDirectory);
  }

  @Override
  public String name() {
    return ExecCommand.HANDLER;
  }

  @Override
  public Codec<ExecCommand> payload() {
    return ExecCommand.CODEC;
  }

  @Override
  public Object run(ExecCommand command, TaskContext context) throws IOException {
    Path program = programs.get(command.program());
    if (program == null) {
      throw notAllowed(command.program());
    }
    byte[] input = input(command);
    try (PrivateDirectory directory = PrivateDirectory.create()) {
      return run(command, input, program, directory.path(), context);
    }
  }

  private FailureException notAllowed(String program) {
    String allowed =
        programs.names().isEmpty() ? "none" : "only " + String.join(", ", programs.names());
    return new FailureException(
        NOT_ALLOWED,
        "this worker does not allow to run \""
            + program
            + "\" (it allows "
            + allowed
            + "): start the worker with --allow-exec="
            + program,
        false);
  }

  private static byte[] input(ExecCommand command) {
    try {
      return command.input();
    } catch (InvalidInputException e) {
      throw new NonRetryableException(String.valueOf(e.getMessage()), e);
    }
  }

  private Object run(
      ExecCommand command, byte[] input, Path program, Path directory, TaskContext context) {
    String mark = UUID.randomUUID().toString();
    CompletableFuture<Void> stop = new CompletableFuture<>();
    context.onCancel(() -> stop.complete(null));
    RunningProgram running = start(command, program, directory, mark);
    ProgramOutput out =
        new ProgramOutput(running.process().getInputStream(), told("STDOUT", context));
    ProgramOutput err =
        new ProgramOutput(running.process().getErrorStream(), told("STDERR", context));
    running.read(out);
    running.read(err);
    running.write(input);
    RunningProgram.End end = running.await(stop, command.limitMs());
    context.usedCpu(running.cpuTime());
    return switch (end) {
      case EXITED -> ended(command.program(), running.exitCode(), out, err);
      case TIMED_OUT ->
          throw failed(
              "%s ran longer than %d ms and was stopped"
                  .formatted(command.program(), command.limitMs()),
              err);
      case STOPPED -> {
        context.checkCancelled();
        throw failed(command.program() + " was interrupted and stopped", err);
      }
    };
  }

  private RunningProgram start(ExecCommand command, Path program, Path directory, String mark) {
    command.arguments().forEach(argument -> requireWritable("an argument", argument));
    command.variables().forEach((name, value) -> requireWritable(name, value));
    List<String> line = new ArrayList<>();
    if (newSession != null) {
      line.add(newSession.toString());
    }
    line.add(program.toString());
    line.addAll(command.arguments());
    ProcessBuilder builder =
        new ProcessBuilder(line)
            .directory((sharedDirectory == null ? directory : sharedDirectory).toFile());
    Map<String, String> variables = builder.environment();
    variables.clear();
    variables.putAll(environment);
    variables.put("HOME", directory.toString());
    variables.put("TMPDIR", directory.toString());
    variables.putAll(command.variables());
    variables.put(ProcessTree.PROGRAM, mark);
    try {
      return RunningProgram.start(builder, mark);
    } catch (IOException e) { // too many arguments, no process left, …
      throw new FailureException(
          FAILED, command.program() + " could not be started: " + e.getMessage(), true, e);
    }
  }

  /** A character that the locale does not have would arrive as a question mark. */
  private static void requireWritable(String what, String text) {
    if (!NATIVE.newEncoder().canEncode(text)) {
      throw new NonRetryableException(
          what
              + " has characters that "
              + NATIVE
              + " lacks, in which this worker hands text to programs: start the worker with"
              + " LANG=C.UTF-8");
    }
  }

  private static Consumer<String> told(String level, TaskContext context) {
    return line -> {
      context.log(level, line);
      context.heartbeat();
    };
  }

  private static Object ended(String program, int exitCode, ProgramOutput out, ProgramOutput err) {
    if (exitCode != 0) {
      throw failed(program + " ended with " + shown(exitCode), err);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("exitCode", exitCode);
    out.writeTo(result, "stdout");
    err.writeTo(result, "stderr");
    result.put("truncated", out.isTruncated() || err.isTruncated());
    return result;
  }

  /** As a shell numbers it. */
  private static String shown(int exitCode) {
    return exitCode > 128 && exitCode < 128 + 65
        ? "exit code " + exitCode + " (signal " + (exitCode - 128) + ")"
        : "exit code " + exitCode;
  }

  private static FailureException failed(String what, ProgramOutput err) {
    String line = err.lastLine().strip();
    String reason =
        line.length() <= LINE_SHOWN_CHARACTERS_MAX
            ? line
            : line.substring(0, LINE_SHOWN_CHARACTERS_MAX) + "…";
    return new FailureException(
        FAILED, reason.isEmpty() ? what : what + ": " + reason, err.tail(DETAIL_BYTES_MAX), true);
  }
}
