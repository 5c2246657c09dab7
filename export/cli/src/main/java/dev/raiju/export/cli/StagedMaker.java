package dev.raiju.export.cli;

import dev.raiju.models.pipeline.Clip;
import dev.raiju.models.pipeline.Progress;
import dev.raiju.models.pipeline.Prompt;
import dev.raiju.models.pipeline.StagedPipeline;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.Durable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes clips stage by stage: all latents are saved before the first is decoded, so that what took longest outlives the process.
///
/// @param encoder of the clips' files
/// @param told of every clip, once it is written
record StagedMaker(StagedPipeline pipeline, ClipFiles files, String encoder, Console console, Told told) {
  /// Told of a clip.
  interface Told {
    void written(Clip clip, Prompt prompt, Outputs outputs);
  }

  /// Where a clip goes by way of its latents.
  ///
  /// @param kept whether the latents stay once the clip is written
  record Place(Outputs outputs, Path latents, boolean kept) {}

  /// Makes and writes a clip for each prompt.
  ///
  /// @param prompts complete
  void make(List<Prompt> prompts, List<Place> places, Progress progress) throws Exception {
    List<Path> saved = new ArrayList<>();
    try {
      pipeline.denoise(prompts, progress, (index, latent) -> {
        save(latent, prompts.get(index), places.get(index));
        saved.add(places.get(index).latents());
      });
      try (StagedPipeline.Decoding decoding = pipeline.decoding(progress)) {
        for (Place place : places) {
          decode(decoding, place.latents(), SavedLatents.read(place.latents()), place.outputs());
          saved.remove(place.latents());
          if (!place.kept()) Durable.system().remove(place.latents());
        }
      }
    } finally {
      saved.forEach(file -> console.note("raiju: saved: " + file + "; raiju decode goes on from there"));
    }
  }

  private void save(Tensor latent, Prompt prompt, Place place) throws IOException {
    files.meter().begin("save");
    Optional<String> target = place.outputs().clip().map(clip -> clip.getFileName().toString());
    SavedLatents.write(place.latents(), latent, files.origin(prompt), target, encoder);
    files.meter().finish();
  }

  /// Decodes and writes one clip.
  void decode(StagedPipeline.Decoding decoding, Path file, SavedLatents latents, Outputs outputs) throws Exception {
    Prompt prompt = latents.origin().prompt();
    Shape shape = pipeline.latentShape(prompt);
    try (Tensor tensor = latents.tensor(file, shape)) {
      Clip clip = decoding.clip(tensor);
      files.write(clip, latents.origin(), outputs, encoder);
      told.written(clip, prompt, outputs);
    }
  }

  /// Refuses places where something would be lost.
  static void check(Place place) {
    Path file = place.latents();
    if (!place.kept() && Files.exists(file)) {
      throw UserError.of(file + ": is there from a run that did not end; raiju decode goes on from there, or remove it");
    }
    if (Files.exists(file) && !isSaved(file)) {
      throw UserError.of("--latents: " + file + " is there and holds no latents of a clip; choose another name");
    }
    Outputs.checkFolder("--latents", file);
  }

  private static boolean isSaved(Path file) {
    try {
      SavedLatents.read(file);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
