package dev.muster.cli;

import dev.muster.proto.v1.TaskState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads states as {@code task show} prints them, in any case. */
final class StateConverter implements ITypeConverter<TaskState> {
  @Override
  public TaskState convert(String text) {
    List<String> known = new ArrayList<>();
    for (TaskState state : TaskState.values()) {
      if (state == TaskState.TASK_STATE_UNKNOWN || state == TaskState.UNRECOGNIZED) {
        continue;
      }
      String name = TaskFields.name(state);
      if (name.equals(text.toUpperCase(Locale.ROOT))) {
        return state;
      }
      known.add(name);
    }
    throw new TypeConversionException(
        "expected one of " + String.join(", ", known) + ", found '" + text + "'");
  }
}
