package dev.muster.client.connection;

import dev.muster.common.InvalidInputException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a master listens.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65,535
 */
record MasterAddress(String host, int port) {
  private static final int PORT_MAX = 65_535;
  private static final Pattern FORM =
      Pattern.compile("(?:([A-Za-z0-9._-]+)|\\[([0-9A-Fa-f:.]+)\\]):([0-9]{1,5})");
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|::1|(0+:){7}0*1", Pattern.CASE_INSENSITIVE);

  static MasterAddress parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches() || Integer.parseInt(form.group(3)) > PORT_MAX || isZero(form.group(3))) {
      throw new InvalidInputException(
          "master address must be HOST:PORT or [IPV6]:PORT, e.g. 192.0.2.7:5000, found \""
              + text.replaceAll("\\p{Cntrl}", "?")
              + "\"");
    }
    String name = form.group(1);
    return new MasterAddress(
        name != null ? name : Objects.requireNonNull(form.group(2)),
        Integer.parseInt(form.group(3)));
  }

  /** Decided by the text alone: a name that merely resolves to a loopback address is not enough. */
  boolean isLoopback() {
    return LOOPBACK.matcher(host).matches();
  }

  private static boolean isZero(String port) {
    return Integer.parseInt(port) == 0;
  }

  @Override
  public String toString() {
    return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
  }
}
