package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The code in our own documents, so that tests run what readers copy. */
final class Listings {
  private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w+)\n(.*?)^```$");

  private Listings() {}

  /** The one listing of a language that contains a text. */
  static String inFile(String file, String language, String containing) {
    Path path = Path.of(System.getProperty("muster.root", ".."), file);
    try {
      List<String> found =
          FENCE
              .matcher(Files.readString(path))
              .results()
              .filter(listing -> listing.group(1).equals(language))
              .map((MatchResult listing) -> listing.group(2))
              .filter(listing -> listing.contains(containing))
              .toList();
      assertThat(found).as("%s listings with '%s' in %s", language, containing, file).hasSize(1);
      return found.get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
