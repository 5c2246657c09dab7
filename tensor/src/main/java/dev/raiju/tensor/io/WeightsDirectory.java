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

  /// Endings, the ones that win first: a folder often has the same weights in an older format as well.
  private static final List<List<String>> ENDINGS = List.of(List.of(".safetensors.index.json"), List.of(".safetensors"), List.of(
      ".gguf"), List.of(".pth", ".pt", ".bin"));

  /// The only file of the first kind of which there is one.
  static Path find(Path directory, Guard guard) throws IOException {
    List<Path> found = List.of();
    for (List<String> endings : ENDINGS) {
      if (found.isEmpty()) found = files(directory, endings);
    }
    return only(found, guard);
  }

  private static Path only(List<Path> found, Guard guard) throws ModelFormatException {
    if (found.isEmpty()) {
      throw guard.refusal(Reason.DIRECTORY_EMPTY,
          "no weights; needs one file *.safetensors, *.safetensors.index.json, *.gguf or *.pth");
    }
    List<Path> names = found.stream().map(Path::getFileName).toList();
    guard.check(found.size() == 1, Reason.DIRECTORY_AMBIGUOUS, "several files: %s; name one of them", names.toString());
    return found.getFirst();
  }

  private static List<Path> files(Path directory, List<String> endings) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> endings.stream().anyMatch(file.toString()::endsWith) && Files.isRegularFile(file)).sorted()
          .toList();
    }
  }
}
