package dev.raiju.export.cli;

import dev.raiju.models.pipeline.ClipWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Where a clip goes.
///
/// @param clip its file, if one is wanted
/// @param frames a folder for its frames, if one is wanted
record Outputs(Optional<Path> clip, Optional<Path> frames) {
  private static final int LONGEST_NAME = 60;

  /// The places of `count` clips: numbered from 1 if there are more than one. A file that the user named is replaced; a name made
  /// from the prompt avoids those that are there.
  static List<Outputs> plan(Optional<Path> clip, Optional<Path> frames, String prompt, int count) {
    if (clip.isPresent() || frames.isPresent()) return numbered(new Outputs(clip, frames), count);
    String name = nameFor(prompt);
    for (int turn = 1;; turn++) {
      List<Outputs> candidates = numbered(new Outputs(Optional.of(Path.of(name + (turn == 1 ? "" : "-" + turn) + ".mp4")),
          frames),
          count);
      if (candidates.stream().noneMatch(Outputs::isTaken)) return candidates;
    }
  }

  private static List<Outputs> numbered(Outputs one, int count) {
    List<Outputs> all = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      String suffix = count == 1 ? "" : "-" + i;
      all.add(new Outputs(one.clip.map(path -> withSuffix(path, suffix)), one.frames.map(path -> path.resolveSibling(path
          .getFileName() + suffix))));
    }
    return all;
  }

  /// `count` files: that one, or if there are more, its name with numbers from 1.
  static List<Path> numbered(Path file, int count) {
    return numbered(new Outputs(Optional.of(file), Optional.empty()), count).stream().map(one -> one.clip.orElseThrow()).toList();
  }

  private static Path withSuffix(Path file, String suffix) {
    String name = file.getFileName().toString();
    return file.resolveSibling(stem(file) + suffix + name.substring(stem(file).length()));
  }

  private static String stem(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot < 0 ? name : name.substring(0, dot);
  }

  /// `a-red-circle-moves-right` for the prompt `A red circle moves right!`
  static String nameFor(String prompt) {
    StringBuilder name = new StringBuilder();
    for (String word : prompt.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")) {
      if (word.isEmpty()) continue;
      if (name.length() + word.length() >= LONGEST_NAME && !name.isEmpty()) break;
      name.append(name.isEmpty() ? "" : "-").append(word, 0, Math.min(word.length(), LONGEST_NAME));
    }
    try {
      return name.isEmpty() ? "clip" : Path.of(name.toString()).toString();
    } catch (InvalidPathException e) {
      // a system whose file names are not Unicode
      return "clip";
    }
  }

  /// The file beside it that says how it was made.
  Path sidecar() {
    return clip.map(file -> file.resolveSibling(stem(file) + ".json")).orElseGet(() -> {
      Path folder = frames.orElseThrow();
      return folder.resolveSibling(folder.getFileName() + ".json");
    });
  }

  /// The file beside it that holds its latents while it is decoded.
  Path latents() {
    Path beside = sidecar();
    return beside.resolveSibling(stem(beside) + SavedLatents.ENDING);
  }

  private boolean isTaken() { return Files.exists(clip.orElseThrow()) || Files.exists(sidecar()) || Files.exists(latents()); }

  /// Refuses places that cannot be written, before any work.
  void check(String encoder, int length) throws IOException {
    if (clip.isPresent()) checkClip(clip.get(), encoder, length);
    if (frames.isPresent()) checkFrames(frames.get());
    Path sidecar = sidecar();
    if (Files.isDirectory(sidecar) || Files.exists(sidecar) && !isSidecar(sidecar)) {
      throw UserError.of(sidecar + ": is there and no sidecar of a clip; the clip's own would replace it, choose another name");
    }
  }

  private static void checkClip(Path file, String encoder, int length) {
    Encoders.find(file, encoder);
    Encoders.requireInstalled(encoder);
    if (ClipWriter.extensionOf(file).equals("png") && length > 1) {
      throw UserError.usage("--out: a .png holds one frame and the clip has " + length
          + "; use .apng, .gif or .mp4, or --frames DIR for a .png of each");
    }
    if (Files.isDirectory(file)) throw UserError.of("--out: " + file + " is a folder; needs a file");
    checkFolder("--out", file);
  }

  private static void checkFrames(Path folder) throws IOException {
    checkFolder("--frames", folder);
    if (!Files.exists(folder)) return;
    if (!Files.isDirectory(folder)) throw UserError.of("--frames: " + folder + " is a file; needs a folder");
    try (Stream<Path> inside = Files.list(folder)) {
      if (inside.findAny().isPresent()) {
        throw UserError.of("--frames: " + folder + " is there and not empty; name a new folder");
      }
    }
  }

  static void checkFolder(String option, Path path) {
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) throw UserError.of(option + ": there is no folder " + folder);
    if (!Files.isWritable(folder)) throw UserError.of(option + ": no permission to write to the folder " + folder);
  }

  private static boolean isSidecar(Path file) {
    try {
      Sidecar.read(file);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
