package dev.raiju.training.recipe;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanConfigs;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeConfigs;
import dev.raiju.tensor.io.Fields;
import dev.raiju.tensor.io.ModelFormatException;
import dev.raiju.training.data.Mixture;
import java.io.IOException;
import java.nio.file.Path;

/// The configuration of a whole chain of training, from pixels to a model of few steps: one JSON file.
///
/// @param name of the chain
/// @param seed of everything random
/// @param data what is learned from
/// @param model where the model goes, from the folder that the chain works in
/// @param teacher where its teacher goes
/// @param autoencoder sizes
/// @param text sizes of the text encoder
/// @param transformer sizes of the teacher
/// @param fit how the autoencoder is trained
/// @param decode how its decoder is, once the encoder stands
/// @param teach how the teacher is trained
/// @param prune what is left of it
/// @param recover how the student is trained under its teacher
/// @param refine how it is trained by itself
/// @param distill how it is brought to a few steps
record Chain(String name, long seed, Data data, Path model, Path teacher, TaeConfig autoencoder, Text text,
    WanConfig transformer, AutoencoderStage.Config fit, AutoencoderStage.Config decode, TeacherStage.Config teach, Pruning prune,
    StudentStage.Config recover, StudentStage.Config refine, DistillationStage.Config distill) {
  private static final int LARGEST = 1 << 24;

  /// What is learned from.
  ///
  /// @param mixture of kinds of examples
  /// @param clips encoded for the transformer
  /// @param pictures encoded
  record Data(Mixture mixture, int clips, int pictures) {
    static Data read(Fields json) throws ModelFormatException {
      Mixture mixture = new Mixture(json.integer("one_shape", 0, LARGEST), json.integer("two_shapes", 0, LARGEST), json.integer(
          "digits", 0, LARGEST), json.integer("pictures_part", 0, LARGEST));
      Data data = new Data(mixture, json.integer("clips", 1, LARGEST), json.integer("pictures", 1, LARGEST));
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

  /// What pruning leaves.
  ///
  /// @param heads of each attention
  /// @param ffn neurons
  /// @param samples that the scores are made from
  record Pruning(int heads, int ffn, int samples) {
    static Pruning read(Fields json) throws ModelFormatException {
      Pruning pruning = new Pruning(json.integer("heads", 1, LARGEST), json.integer("ffn", 1, LARGEST), json.integer("samples", 1,
          LARGEST));
      json.refuseUnknown();
      return pruning;
    }
  }

  /// Reads a configuration.
  ///
  /// @throws ModelFormatException if a key is missing, unknown or makes no sense
  static Chain read(Path file) throws IOException {
    Fields json = Fields.read(file);
    Fields stages = json.object("stages");
    Chain chain = new Chain(json.string("name"), json.integer("seed"), Data.read(json.object("data")), Path.of(json.string(
        "model")), Path.of(json.string("teacher")), TaeConfigs.read(json.object("autoencoder")), Text.read(json.object("text")),
        WanConfigs.read(json.object("transformer")), AutoencoderStage.Config.read(stages.object("autoencoder")),
        AutoencoderStage.Config.read(stages.object("decoder")), TeacherStage.Config.read(stages.object("teacher")),
        Pruning.read(stages.object("prune")), StudentStage.Config.read(stages.object("recover")), StudentStage.Config.read(stages
            .object("refine")), DistillationStage.Config.read(stages.object("distill")));
    stages.refuseUnknown();
    json.refuseUnknown();
    return chain;
  }
}
