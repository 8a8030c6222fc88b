package dev.muster.worker.exec;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Removes a directory with folders that are closed to this process. */
final class ClosedFolders {
  static final int NOT_REMOVED = 1;

  /** No folder is closed to this process, so it proves nothing. */
  static final int STILL_OPEN = 3;

  private ClosedFolders() {}

  public static void main(String[] args) throws IOException {
    PrivateDirectory directory = PrivateDirectory.create();
    boolean closed = true;
    for (String name : new String[] {"a", "b", "c"}) {
      Path folder = Files.createDirectory(directory.path().resolve(name));
      Files.writeString(folder.resolve("file"), "x");
      boolean toAll = !name.equals("b");
      close(folder, toAll ? "---------" : "r-xr-xr-x");
      closed &= !toAll || isClosed(folder);
    }
    directory.close();
    if (Files.exists(directory.path())) {
      System.exit(NOT_REMOVED);
    }
    System.exit(closed ? 0 : STILL_OPEN);
  }

  private static void close(Path folder, String permissions) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(permissions));
  }

  private static boolean isClosed(Path folder) throws IOException {
    try (DirectoryStream<Path> opened = Files.newDirectoryStream(folder)) {
      return opened == null;
    } catch (AccessDeniedException expected) {
      return true;
    }
  }
}
