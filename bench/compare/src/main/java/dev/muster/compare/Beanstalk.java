package dev.muster.compare;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * beanstalkd with a tube of tasks and a tube of results. Its Java clients wait for the answer of
 * each command, so its protocol is spoken here: a batch of commands is written, then their answers
 * are read. A batch that settles also reserves the next.
 */
final class Beanstalk implements Peer {
  private static final String TASKS = "tasks";
  private static final String RESULTS = "results";
  private static final Program PROGRAM = Program.onPath("beanstalkd", "beanstalkd");

  /** Values of its option {@code -f}, ms: how long a write may wait for its fsync. */
  enum Fsync {
    always("beanstalkd", "fsync always", "0", "an fsync of its own has come after it"),
    often(
        "beanstalkd-50ms",
        "fsync each 50 ms",
        "50",
        "not yet safe: the fsync comes each 50 ms (default)");

    private final String id;
    private final String title;
    private final String ms;
    private final String durability;

    Fsync(String id, String title, String ms, String durability) {
      this.id = id;
      this.title = title;
      this.ms = ms;
      this.durability = durability;
    }
  }

  private final Fsync fsync;

  Beanstalk(Fsync fsync) {
    this.fsync = fsync;
  }

  @Override
  public String id() {
    return fsync.id;
  }

  @Override
  public String name() {
    return "beanstalkd, " + fsync.title;
  }

  @Override
  public String durability() {
    return "`-b`, `-f %s`: %s".formatted(fsync.ms, fsync.durability);
  }

  @Override
  public String driving(int batch) {
    return "pipelines of %,d `put`; %,d `reserve-with-timeout` in one round trip with `put` and `delete` of the batch before"
        .formatted(batch, batch);
  }

  @Override
  public String client() {
    return Clients.of("beanstalkd");
  }

  @Override
  public int bestBatch() {
    return 500;
  }

  @Override
  public Program program() {
    return PROGRAM;
  }

  @Override
  public String version() {
    return PROGRAM.version("-v");
  }

  @Override
  public Broker start(Workplace workplace, int batch) throws Exception {
    int port = Workplace.freePort();
    String log = Files.createDirectory(workplace.directory().resolve("binlog")).toString();
    workplace.start(
        List.of(
            PROGRAM.path(),
            "-l",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "-b",
            log,
            "-f",
            fsync.ms),
        Map.of());
    workplace.awaitPort(port);
    return new Tubes(port, batch);
  }

  private record Tubes(int port, int batch) implements Broker {
    @Override
    public void produce(Flow flow) throws Exception {
      byte[] put = putOf(Load.payload());
      try (Wire wire = new Wire(port)) {
        wire.command("use " + TASKS, "USING " + TASKS);
        for (int n = flow.claim(batch); n > 0; n = flow.claim(batch)) {
          for (int i = 0; i < n; i++) {
            wire.write(put);
          }
          wire.expect(n, "INSERTED");
        }
      }
    }

    @Override
    public void work(Flow flow, String name) throws Exception {
      byte[] put = putOf(Load.result());
      try (Wire wire = new Wire(port)) {
        wire.command("use " + RESULTS, "USING " + RESULTS);
        wire.command("watch " + TASKS, "WATCHING 2");
        List<String> ids = List.of();
        while (!flow.isClosed()) {
          for (String id : ids) {
            wire.write(put);
            wire.write(("delete " + id + "\r\n").getBytes(US_ASCII));
          }
          reserve(wire, ids);
          for (int i = 0; i < ids.size(); i++) {
            wire.expect(1, "INSERTED");
            wire.expect(1, "DELETED");
          }
          ids = reserved(wire);
        }
      }
    }

    @Override
    public void collect(Flow flow) throws Exception {
      try (Wire wire = new Wire(port)) {
        wire.command("watch " + RESULTS, "WATCHING 2");
        List<String> ids = List.of();
        while (!flow.isClosed()) {
          for (String id : ids) {
            wire.write(("delete " + id + "\r\n").getBytes(US_ASCII));
          }
          reserve(wire, ids);
          wire.expect(ids.size(), "DELETED");
          flow.collected(ids.size());
          ids = reserved(wire);
        }
      }
    }

    private static byte[] putOf(byte[] body) {
      String command = "put 0 0 600 " + body.length + "\r\n";
      return (command + new String(body, US_ASCII) + "\r\n").getBytes(US_ASCII);
    }

    /**
     * Asks for a batch. The first may wait when there is nothing else to be answered, which also
     * keeps an idle connection from asking all the time.
     */
    private void reserve(Wire wire, List<String> settling) throws IOException {
      int longest = settling.isEmpty() ? 1 : 0;
      wire.write(("reserve-with-timeout " + longest + "\r\n").getBytes(US_ASCII));
      for (int i = 1; i < batch; i++) {
        wire.write("reserve-with-timeout 0\r\n".getBytes(US_ASCII));
      }
    }

    private List<String> reserved(Wire wire) throws IOException {
      List<String> ids = new ArrayList<>(batch);
      for (int i = 0; i < batch; i++) {
        String[] answer = wire.line().split(" ", -1);
        if (answer[0].equals("RESERVED")) {
          ids.add(answer[1]);
          wire.skip(Integer.parseInt(answer[2]) + "\r\n".length());
        } else if (!answer[0].equals("TIMED_OUT")) {
          throw new ComparisonException("beanstalkd answered a reservation with " + answer[0]);
        }
      }
      return ids;
    }
  }

  /** A connection. What is written goes out when an answer is waited for. Used by one thread. */
  private static final class Wire implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Socket socket;
    private final OutputStream out;
    private final InputStream in;

    Wire(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setTcpNoDelay(true);
      out = new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES);
      in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
    }

    void write(byte[] bytes) throws IOException {
      out.write(bytes);
    }

    void command(String command, String answer) throws IOException {
      write((command + "\r\n").getBytes(US_ASCII));
      expect(1, answer);
    }

    /** Reads so many answers. */
    void expect(int n, String beginning) throws IOException {
      for (int i = 0; i < n; i++) {
        String answer = line();
        if (!answer.startsWith(beginning)) {
          throw new ComparisonException(
              "beanstalkd was to answer " + beginning + ", found: " + answer);
        }
      }
    }

    String line() throws IOException {
      out.flush();
      StringBuilder line = new StringBuilder();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new EOFException("beanstalkd has closed the connection");
        }
        line.append((char) next);
      }
      return line.toString().stripTrailing();
    }

    void skip(int bytes) throws IOException {
      in.skipNBytes(bytes);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
