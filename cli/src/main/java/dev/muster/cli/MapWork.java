package dev.muster.cli;

import com.google.protobuf.ByteString;
import dev.muster.cli.ItemForm.Item;
import dev.muster.client.pool.RemoteFunction;
import dev.muster.worker.exec.ExecCommand;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code muster map} does with each item: a handler, or a program through the handler "exec".
 *
 * @param handler its name
 * @param command null: the handler gets the item itself
 * @param timeoutMs how long a program may run, ms; 0: no limit
 */
record MapWork(String handler, @Nullable CommandTemplate command, long timeoutMs) {
  static MapWork ofHandler(String handler) {
    return new MapWork(handler, null, 0);
  }

  static MapWork ofProgram(CommandTemplate command, long timeoutMs) {
    return new MapWork(ExecCommand.HANDLER, command, timeoutMs);
  }

  boolean isProgram() {
    return command != null;
  }

  /** Payloads and results stay the bytes that they are. */
  RemoteFunction<ByteString, ByteString> function() {
    return new RemoteFunction<>(handler, JsonText.CODEC, JsonText.CODEC);
  }

  /**
   * What is sent for an item.
   *
   * @param number of the item, from 1
   */
  ByteString payload(Item item, long number) {
    if (command == null) {
      return item.json();
    }
    List<String> words = command.fill(item.text(), number);
    return ExecCommand.CODEC.encode(
        ExecCommand.of(words.get(0), words.subList(1, words.size())).withTimeoutMs(timeoutMs));
  }

  /** What is run for an item, for a person. */
  String shown(Item item, long number) {
    return command == null
        ? handler + " " + OneLine.of(item.json().toStringUtf8())
        : command.fill(item.text(), number).stream()
            .map(word -> OneLine.of(ShellWords.quoted(word)))
            .collect(Collectors.joining(" "));
  }
}
