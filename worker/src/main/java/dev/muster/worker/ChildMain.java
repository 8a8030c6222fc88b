package dev.muster.worker;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What a process of handlers runs, see {@link Isolation#PROCESS}. Started by workers, of no use by
 * hand: it speaks in frames on standard input and output, and ends with its standard input.
 */
public final class ChildMain {
  private ChildMain() {}

  /**
   * Serves a worker until it goes.
   *
   * @param args none
   */
  public static void main(String[] args) {
    FileInputStream in = new FileInputStream(FileDescriptor.in);
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    PrintStream errors =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    System.setIn(InputStream.nullInputStream());
    new ChildTasks(in, out, errors).serve();
  }
}
