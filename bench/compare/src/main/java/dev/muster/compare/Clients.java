package dev.muster.compare;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** The clients' names and versions, as the build knows them. */
final class Clients {
  private static final String FILE = "clients.properties";

  private Clients() {}

  /** For example "Jedis 8.0.2". */
  static String of(String peer) {
    Properties clients = new Properties();
    try (InputStream in = Clients.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not on the class path");
      }
      clients.load(in);
    } catch (IOException e) {
      throw new IllegalStateException(FILE + " cannot be read", e);
    }
    String client = clients.getProperty(peer);
    if (client == null) {
      throw new IllegalStateException(FILE + " has no line for " + peer);
    }
    return client;
  }
}
