package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.client.pool.ItemResult;
import dev.muster.client.pool.RemoteFailure;
import dev.muster.common.InvalidInputException;
import dev.muster.common.MusterException;
import dev.muster.worker.exec.ExecHandler;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line for each item that ended, with the columns of GNU parallel's {@code --joblog}, in the
 * order in which they are delivered. For one thread.
 */
final class JobLog implements AutoCloseable {
  private static final String HEADER =
      "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

  /** As the handler "exec" says it. */
  private static final Pattern EXIT_CODE =
      Pattern.compile(" ended with exit code (\\d{1,9})\\b(?: \\(signal (\\d{1,9})\\))?");

  private static final int EXIT_UNKNOWN = 1;
  private static final Pattern SEPARATORS = Pattern.compile("[\t\r\n]");

  private final Path file;
  private final Writer writer;

  private JobLog(Path file, Writer writer) {
    this.file = file;
    this.writer = writer;
  }

  /**
   * Looks whether a log can be written there, and changes nothing.
   *
   * @throws InvalidInputException when it cannot
   */
  static void check(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    boolean possible =
        Files.exists(file)
            ? Files.isWritable(file) && !Files.isDirectory(file)
            : folder != null && Files.isDirectory(folder) && Files.isWritable(folder);
    if (!possible) {
      throw new InvalidInputException(
          "--joblog "
              + file
              + " cannot be written: expected a file, or a new name in a folder, that you may"
              + " write");
    }
  }

  /**
   * @param append goes on with a log that is there, instead of making a new one
   */
  static JobLog open(Path file, boolean append) {
    try {
      boolean fresh = !append || !Files.exists(file) || Files.size(file) == 0;
      Writer writer =
          Files.newBufferedWriter(
              file,
              StandardCharsets.UTF_8,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING);
      if (fresh) {
        writer.write(HEADER);
      }
      return new JobLog(file, writer);
    } catch (IOException e) {
      throw new InvalidInputException("--joblog " + file + " cannot be written: " + e, e);
    }
  }

  /**
   * Adds a line.
   *
   * @param sent bytes of the payload; 0: not known
   * @param command what was run, for a person
   */
  void add(ItemResult<ByteString> result, long sent, String command) {
    try {
      writer.write(line(result, sent, command));
    } catch (IOException e) {
      throw broken(e);
    }
  }

  /** One line with its line break. */
  static String line(ItemResult<ByteString> result, long sent, String command) {
    ByteString value = result.value();
    int exit = 0;
    int signal = 0;
    RemoteFailure failure = result.failure();
    if (failure != null) {
      Matcher code = EXIT_CODE.matcher(failure.remoteMessage());
      boolean known = failure.kind().equals(ExecHandler.FAILED) && code.find();
      exit = known ? Integer.parseInt(code.group(1)) : EXIT_UNKNOWN;
      signal = known && code.group(2) != null ? Integer.parseInt(code.group(2)) : 0;
    }
    return String.format(
        Locale.ROOT,
        "%d\t%s\t%.3f\t%.3f\t%d\t%d\t%d\t%d\t%s\n",
        result.index() + 1,
        host(result.worker()),
        result.startedMs() / 1e3,
        result.runUs() / 1e6,
        sent,
        value == null ? 0 : value.size(),
        exit,
        signal,
        SEPARATORS.matcher(command).replaceAll(" "));
  }

  /** Of "name@host:pid". */
  private static String host(String worker) {
    String host = worker.substring(worker.indexOf('@') + 1);
    int colon = host.lastIndexOf(':');
    String bare = colon < 0 ? host : host.substring(0, colon);
    return bare.isEmpty() ? "-" : bare;
  }

  /** Hands what was added to the operating system. */
  void flush() {
    try {
      writer.flush();
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private MusterException broken(IOException e) {
    return new MusterException("--joblog " + file + " cannot be written: " + e, e);
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw broken(e);
    }
  }
}
