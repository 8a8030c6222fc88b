package dev.muster.worker;

import dev.muster.proto.v1.LogLine;
import dev.muster.proto.v1.WorkerFrame;

/** A worker for a test to kill: runs one task that never ends, and prints what it says. */
final class IsolatedWorkerMain {
  private IsolatedWorkerMain() {}

  public static void main(String[] args) throws InterruptedException {
    FakeMaster master = new FakeMaster();
    var unused = master.start(IsolatedHandlers.addTo(master.worker()));
    master.welcome(false, 0);
    master.offer("Deaf", 9);
    while (true) {
      WorkerFrame frame = master.await(f -> f.getLogLinesCount() > 0);
      for (LogLine line : frame.getLogLinesList()) {
        System.out.println(line.getText());
      }
    }
  }
}
