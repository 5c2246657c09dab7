package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.data.Mixture;
import dev.raiju.training.data.MovingShapes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// The configuration of a whole chain of training, from pixels to a model of few steps: one JSON file.
///
/// @param name of the chain
/// @param seed of everything random
/// @param data what is learned from
/// @param folder of clips of one's own, in place of moving shapes
/// @param model where the model goes, from the folder that the chain works in
/// @param teacher where its teacher goes
/// @param curves the folder with curves of a run that went well, for reports to show
/// @param autoencoder sizes; without them it is given, as the text encoder and the teacher are
/// @param text sizes of the text encoder
/// @param transformer sizes of the teacher
/// @param fit how the autoencoder is trained, if it is
/// @param decode how its decoder is, once the encoder stands
/// @param captions how the text encoder learns to read captions before, if it does
/// @param teach how the teacher is trained, if it is
/// @param prune what is left of it
/// @param recover how the student is trained under its teacher
/// @param refine how it is trained by itself
/// @param distill how it is brought to a few steps
record Chain(String name, long seed, Data data, Optional<Path> folder, Path model, Path teacher, Optional<Path> curves,
    Optional<TaeConfig> autoencoder,
    Optional<Text> text,
    WanConfig transformer, Optional<AutoencoderStage.Config> fit, Optional<AutoencoderStage.Config> decode,
    Optional<CaptionStage.Config> captions, Optional<TeacherStage.Config> teach, Pruning prune,
    StudentStage.Config recover, StudentStage.Config refine, DistillationStage.Config distill) {
  private static final int LARGEST = 1 << 24;

  /// What is learned from.
  ///
  /// @param mixture of kinds of examples
  /// @param clips encoded for the transformer
  /// @param pictures encoded
  /// @param gap free pixels between two shapes in them
  record Data(Mixture mixture, int clips, int pictures, int gap) {
    static Data read(Fields json) throws ModelFormatException {
      // moving shapes are not looked at where there is a folder
      Mixture mixture = json.has("folder")
          ? Mixture.usual()
          : new Mixture(json.integer("one_shape", 0, LARGEST), json.integer("two_shapes", 0, LARGEST), json.integer(
              "digits", 0, LARGEST), json.integer("pictures_part", 0, LARGEST));
      Data data = new Data(mixture, json.integer("clips", 1, LARGEST), json.integer("pictures", 1, LARGEST), json.has("gap")
          ? json.integer("gap", 0, MovingShapes.WIDEST_GAP)
          : MovingShapes.GAP);
      json.refuseUnknown();
      return data;
    }
  }

  /// Sizes of the text encoder, whose vocabulary is made from captions.
  ///
  /// @param vocabulary ids at most
  /// @param corpus captions that it is made from
  record Text(int vocabulary, int corpus, int dim, int layers, int heads, int ffn) {
    static Text read(Fields json) throws ModelFormatException {
      Text text = new Text(json.integer("vocabulary", 8, LARGEST), json.integer("corpus", 1, LARGEST), json.integer("dim", 1,
          LARGEST), json.integer("layers", 1, LARGEST), json.integer("heads", 1, LARGEST), json.integer("ffn", 1, LARGEST));
      json.refuseUnknown();
      return text;
    }
  }

  /// Reads a configuration.
  ///
  /// @throws ModelFormatException if a key is missing, unknown or makes no sense
  static Chain read(Path file) throws IOException {
    Fields json = Fields.read(file);
    Fields stages = json.object("stages");
    Chain chain = new Chain(json.string("name"), json.integer("seed"), Data.read(json.object("data")), json.object("data").has(
        "folder")
            ? Optional.of(Path.of(json.object("data").string("folder")))
            : Optional.empty(), Path.of(json.string(
                "model")), Path.of(json.string("teacher")), json.has("curves")
                    ? Optional.of(Path.of(json.string("curves")))
                    : Optional.empty(), optional(json, "autoencoder", TaeConfigs::read), optional(json,
                        "text", Text::read),
        WanConfigs.read(json.object("transformer")), optional(stages, "autoencoder", AutoencoderStage.Config::read),
        optional(stages, "decoder", AutoencoderStage.Config::read), optional(stages, "captions", CaptionStage.Config::read),
        optional(stages, "teacher", TeacherStage.Config::read),
        Pruning.read(stages.object("prune")), StudentStage.Config.read(stages.object("recover")), StudentStage.Config.read(stages
            .object("refine")), DistillationStage.Config.read(stages.object("distill")));
    stages.refuseUnknown();
    json.refuseUnknown();
    return chain;
  }

  /// Reads a part of a configuration.
  @FunctionalInterface
  private interface Reader<T> {
    T read(Fields json) throws ModelFormatException;
  }

  private static <T> Optional<T> optional(Fields json, String name, Reader<T> reader) throws ModelFormatException {
    return json.has(name) ? Optional.of(reader.read(json.object(name))) : Optional.empty();
  }
}
