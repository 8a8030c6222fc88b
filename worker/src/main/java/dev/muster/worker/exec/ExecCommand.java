package dev.muster.worker.exec;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.muster.common.InvalidInputException;
import dev.muster.common.codec.Codec;
import dev.muster.common.codec.Codecs;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The payload of a task for the handler "exec": which program to run, and how. In JSON only {@code
 * program} is required.
 *
 * @param program a name or an absolute path, exactly as the worker allows it
 * @param args its arguments, each handed over as it is: no shell reads them; null: none
 * @param stdin text for its standard input, as UTF-8; null: nothing, unless {@code stdinBase64}
 * @param stdinBase64 bytes for its standard input, in base64; excludes {@code stdin}
 * @param env variables besides those that every program gets, see {@link ExecHandler}; null: none
 * @param timeoutMs how long it may run, ms; null or 0: as long as the task may
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ExecCommand(
    String program,
    @Nullable List<String> args,
    @Nullable String stdin,
    @Nullable String stdinBase64,
    @Nullable Map<String, String> env,
    @Nullable Long timeoutMs) {
  /** Name of the handler that runs it. */
  public static final String HANDLER = "exec";

  /** How it is written. */
  public static final Codec<ExecCommand> CODEC = Codecs.json(ExecCommand.class);

  /** What the dynamic linker obeys: it would run other code than the program that is allowed. */
  private static final List<String> LINKER_PREFIXES = List.of("LD_", "DYLD_");

  private static final int SHOWN_CHARACTERS_MAX = 100;

  /**
   * Checks and completes it.
   *
   * @throws InvalidInputException when a part cannot be handed to a program
   */
  @SuppressWarnings("ConstantValue") // from JSON any part may be missing
  public ExecCommand {
    if (program == null || program.isEmpty()) {
      throw new InvalidInputException("\"program\" is missing: the name of the program to run");
    }
    args = args == null ? List.of() : args;
    env = env == null ? Map.of() : env;
    if (args.stream().anyMatch(Objects::isNull)
        || env.values().stream().anyMatch(Objects::isNull)) {
      throw new InvalidInputException("\"args\" and \"env\" must contain strings, found null");
    }
    args = List.copyOf(args);
    env = Map.copyOf(env);
    if (stdin != null && stdinBase64 != null) {
      throw new InvalidInputException(
          "\"stdin\" and \"stdinBase64\" exclude each other: each is the standard input");
    }
    if (timeoutMs != null && timeoutMs < 0) {
      throw new InvalidInputException("\"timeoutMs\" must be at least 0, found " + timeoutMs);
    }
    for (String arg : args) {
      requireNoNul("an argument", arg);
    }
    env.forEach(ExecCommand::checkVariable);
  }

  /** A program with its arguments, and nothing else. */
  public static ExecCommand of(String program, List<String> args) {
    return new ExecCommand(program, args, null, null, null, null);
  }

  /** The same with a limit for its run, ms. */
  public ExecCommand withTimeoutMs(long ms) {
    return new ExecCommand(program, args, stdin, stdinBase64, env, ms);
  }

  private static void checkVariable(String name, String value) {
    if (name.isEmpty() || name.indexOf('=') >= 0) {
      throw new InvalidInputException(
          "the name of a variable in \"env\" must not be empty nor contain '=', found \""
              + shown(name)
              + '"');
    }
    requireNoNul("a variable's name", name);
    requireNoNul("variable " + shown(name), value);
    if (name.equals("PATH") || LINKER_PREFIXES.stream().anyMatch(name::startsWith)) {
      throw new InvalidInputException(
          "variable " + shown(name) + " is refused: it would change which code the program runs");
    }
  }

  private static void requireNoNul(String what, String text) {
    if (text.indexOf('\0') >= 0) {
      throw new InvalidInputException(
          what + " contains the character NUL, which no program can be given");
    }
  }

  private static String shown(String text) {
    return text.length() <= SHOWN_CHARACTERS_MAX
        ? text
        : text.substring(0, SHOWN_CHARACTERS_MAX) + "…";
  }

  /**
   * What goes to standard input.
   *
   * @throws InvalidInputException when it is not base64
   */
  byte[] input() {
    if (stdinBase64 != null) {
      try {
        return Base64.getDecoder().decode(stdinBase64);
      } catch (IllegalArgumentException e) {
        throw new InvalidInputException("\"stdinBase64\" is not base64: " + e.getMessage(), e);
      }
    }
    return stdin == null ? new byte[0] : stdin.getBytes(StandardCharsets.UTF_8);
  }

  List<String> arguments() {
    return args == null ? List.of() : args;
  }

  Map<String, String> variables() {
    return env == null ? Map.of() : env;
  }

  /** How long it may run, ms; 0: no limit of its own. */
  long limitMs() {
    return timeoutMs == null ? 0 : timeoutMs;
  }
}
