package dev.raiju.bench;

import dev.raiju.tensor.io.Durable;
import dev.raiju.tensor.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The results of a machine, written anew after every row: a run that is stopped keeps what it has.
final class ResultsFile {
  private final Path file;
  private final int rounds;
  private final double loadBefore = Machine.load();
  private final List<Json> finished = new ArrayList<>();

  ResultsFile(Path file, int rounds) {
    this.file = file;
    this.rounds = rounds;
  }

  /// Writes what there is.
  ///
  /// @param run the present run, as far as it came
  /// @return what was written
  Json.Obj save(Json.Obj run) throws IOException {
    List<Json> runs = new ArrayList<>(finished);
    runs.add(run);
    Json.Obj results = Machine.json().with("load_before", loadBefore).with("load_after", Machine.load()).with("rounds", rounds)
        .with("runs", new Json.Arr(runs));
    Durable.system().write(file.toAbsolutePath(), results.pretty().getBytes(StandardCharsets.UTF_8));
    return results;
  }

  /// The present run is whole; another may follow.
  void finish(Json.Obj run) { finished.add(run); }

  @Override
  public String toString() { return file.toString(); }
}
