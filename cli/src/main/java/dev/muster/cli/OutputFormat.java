package dev.muster.cli;

/** How a command prints what it found: for people, or for programs. */
enum OutputFormat {
  TABLE,
  JSON
}
