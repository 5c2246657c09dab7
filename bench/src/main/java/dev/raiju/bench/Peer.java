package dev.raiju.bench;

import dev.raiju.tensor.io.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Another engine, as a process that is asked for one round at a time. It is started as `CMD --serve --threads N`, and answers
/// every line with one line of JSON:
///
/// ```
///                       {"peer": "torch 2.13.0"}                at the start
/// prepare CASE DTYPE    {"ready": 3}                            set up and warm; calls that a round will take
/// round CASE DTYPE      {"wall_ms": 12.5, "cpu_ms": 12.4}       times of one call
/// drop CASE DTYPE       {"dropped": true}                       memory given back
/// ```
/// What it cannot do it answers with `{"error": "…"}`. The end of its input ends it.
final class Peer implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final Writer questions;
  private final String command;
  private final String name;

  /// @param command words apart by spaces
  /// @throws IOException if it cannot be started
  Peer(String command, int threads) throws IOException {
    this.command = command;
    List<String> words = new ArrayList<>(Arrays.asList(command.strip().split(" +")));
    words.addAll(List.of("--serve", "--threads", String.valueOf(threads)));
    process = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    answers = process.inputReader(StandardCharsets.UTF_8);
    questions = process.outputWriter(StandardCharsets.UTF_8);
    try {
      name = answer().members().getOrDefault("peer", new Json.Null()) instanceof Json.Str(String said) ? said : command;
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  String name() { return name; }

  /// Asks something of a case.
  ///
  /// @param verb prepare, round or drop
  /// @return the answer, which may be an error
  /// @throws IOException if the process ended, or answered nonsense
  Json.Obj ask(String verb, String which, Kind kind) throws IOException {
    try {
      questions.write(verb + " " + which + " " + kind.label() + "\n");
      questions.flush();
    } catch (IOException e) {
      throw new IOException("peer: " + command + ": has ended", e);
    }
    return answer();
  }

  /// The times of one call, averaged over a round.
  record Round(double wallMillis, double cpuMillis) {}

  /// Asks for a round of a case that is prepared.
  Round round(String which, Kind kind) throws IOException {
    Json.Obj round = ask("round", which, kind);
    return new Round(millis(round, "wall_ms"), millis(round, "cpu_ms"));
  }

  private static double millis(Json.Obj round, String name) throws IOException {
    return switch (round.members().getOrDefault(name, new Json.Null())) {
      case Json.Real(double value) -> value;
      case Json.Int(long value) -> value;
      default -> throw new IOException("peer: answered " + round.compact() + "; needs wall_ms and cpu_ms");
    };
  }

  private Json.Obj answer() throws IOException {
    String line = answers.readLine();
    if (line == null) throw new IOException("peer: " + command + ": ended without an answer");
    if (Json.parse("peer: " + command, line) instanceof Json.Obj answer) return answer;
    throw new IOException("peer: " + command + ": answered " + line + "; needs an object");
  }

  @Override
  public void close() {
    try {
      questions.close();
      if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
