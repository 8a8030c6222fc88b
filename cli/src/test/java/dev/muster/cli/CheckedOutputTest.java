package dev.muster.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CheckedOutputTest {
  @Test
  void shouldRememberWhyItCouldNotBeWritten() {
    CheckedOutput out =
        new CheckedOutput(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException("No space left on device");
              }
            });
    out.print("a");
    assertThat(CheckedOutput.failure(out)).as("it is buffered").isEmpty();

    out.flush();

    assertThat(out.checkError()).isTrue();
    assertThat(CheckedOutput.failure(out)).isEqualTo("No space left on device");
  }

  @Test
  void shouldWriteUtf8WhenItIsFlushed() {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    CheckedOutput out = new CheckedOutput(to);
    out.println("ü");
    assertThat(to.size()).isZero();
    out.flush();
    assertThat(to.toString(StandardCharsets.UTF_8)).isEqualTo("ü" + System.lineSeparator());
  }
}
