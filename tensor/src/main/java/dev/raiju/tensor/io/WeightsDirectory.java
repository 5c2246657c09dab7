package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Finds the one file in a directory that holds its weights.
final class WeightsDirectory {
  private WeightsDirectory() {}

  /// The only index, or else the only safetensors file.
  static Path find(Path directory, Guard guard) throws IOException {
    List<Path> indices = files(directory, ".safetensors.index.json");
    return only(indices.isEmpty() ? files(directory, ".safetensors") : indices, guard);
  }

  private static Path only(List<Path> found, Guard guard) throws ModelFormatException {
    if (found.isEmpty()) {
      throw guard.refusal(Reason.DIRECTORY_EMPTY, "no weights; needs one file *.safetensors or *.safetensors.index.json");
    }
    List<Path> names = found.stream().map(Path::getFileName).toList();
    guard.check(found.size() == 1, Reason.DIRECTORY_AMBIGUOUS, "several files: %s; name one of them", names.toString());
    return found.getFirst();
  }

  private static List<Path> files(Path directory, String ending) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(ending) && Files.isRegularFile(file)).sorted().toList();
    }
  }
}
