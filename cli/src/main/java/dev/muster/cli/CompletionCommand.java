package dev.muster.cli;

import java.util.function.Supplier;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code muster completion}. */
@Command(
    name = "completion",
    description = "Print what a shell needs to complete the commands and options of muster.",
    footer = {
      "",
      "Examples:",
      "  source <(muster completion bash)                                  for this shell",
      "  muster completion bash > ~/.local/share/bash-completion/completions/muster",
      "",
      "zsh reads the same after 'autoload -U +X bashcompinit && bashcompinit'."
    })
final class CompletionCommand implements Runnable {
  /** The shells whose completion there is. */
  private enum Shell {
    BASH
  }

  private final Terminal terminal;
  private final Supplier<CommandLine> all;

  @Parameters(paramLabel = "SHELL", description = "bash.")
  private Shell shell = Shell.BASH;

  /**
   * @param all makes every command
   */
  CompletionCommand(Terminal terminal, Supplier<CommandLine> all) {
    this.terminal = terminal;
    this.all = all;
  }

  @Override
  public void run() {
    String script =
        switch (shell) {
          case BASH -> AutoComplete.bash("muster", all.get());
        };
    terminal.out().print(script);
    terminal.out().flush();
  }
}
