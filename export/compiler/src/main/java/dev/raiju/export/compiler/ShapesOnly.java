package dev.raiju.export.compiler;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.pipeline.ModelParts;
import dev.raiju.models.pipeline.Recipe;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.models.vae.LatentDecoder;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeConfig;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import java.util.Optional;

/// A model of which only the sizes are there: to be planned on a device that computes nothing, and not to be run.
///
/// @param recipe how it is run
/// @param transformer the sizes
/// @param encoder the sizes
/// @param autoencoder the sizes
/// @param textWeights what those of the text encoder are held in
public record ShapesOnly(Recipe recipe, WanConfig transformer, Umt5Config encoder, TaeConfig autoencoder, DType textWeights)
    implements
      ModelParts {
  /// The pruned model of Lightning Video with UMT5-XXL and the tiny decoder, in four steps as it was distilled.
  public static ShapesOnly lightning(DType textWeights) {
    Recipe recipe = new Recipe(Recipe.Kind.FEW_STEP, 4, 5, 1, "", 624, 352, 49, 16);
    return new ShapesOnly(recipe, WanConfig.LIGHTNING, Umt5Config.XXL, TaeConfig.TAEW2_1, textWeights);
  }

  private static Initializer nothing(Device device) { return Initializer.random(Rng.of(0), device); }

  @Override
  public UnigramTokenizer tokenizer() { throw new IllegalStateException("shapes: there is no tokenizer"); }

  @Override
  public Umt5Encoder textEncoder(Device device) {
    try (Umt5Encoder wide = Umt5Encoder.create(encoder, nothing(device))) {
      return wide.narrow(textWeights);
    }
  }

  @Override
  public WanTransformer transformer(Device device) { return WanTransformer.create(transformer, nothing(device)); }

  @Override
  public LatentDecoder<?> decoder(Device device) {
    Tae whole = Tae.create(autoencoder, nothing(device));
    whole.encoder().close();
    return whole.decoder();
  }

  @Override
  public Optional<TaeDecoder> previewer(Device device) { return Optional.empty(); }
}
