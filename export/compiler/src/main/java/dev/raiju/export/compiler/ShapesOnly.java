package dev.raiju.export.compiler;

import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
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
/// @param weights what the matrices of the transformer are held in
/// @param textWeights what those of the text encoder are held in
public record ShapesOnly(Recipe recipe, WanConfig transformer, Umt5Config encoder, TaeConfig autoencoder, DType weights,
    DType textWeights) implements ModelParts {
  /// The pruned model of Lightning Video with UMT5-XXL and the tiny decoder, in four steps as it was distilled.
  public static ShapesOnly lightning(DType weights, DType textWeights) {
    Recipe recipe = new Recipe(Recipe.Kind.FEW_STEP, 4, 5, 1, "", 624, 352, 49, 16);
    return new ShapesOnly(recipe, WanConfig.LIGHTNING, Umt5Config.XXL, TaeConfig.TAEW2_1, weights, textWeights);
  }

  private static Initializer nothing(Device device) { return Initializer.random(Rng.of(0), device); }

  private static <M extends Module<M>> M narrowed(M wide, DType weights) {
    try (wide) {
      return wide.narrow(weights);
    }
  }

  @Override
  public UnigramTokenizer tokenizer() { throw new IllegalStateException("shapes: there is no tokenizer"); }

  @Override
  public Umt5Encoder textEncoder(Device device) { return narrowed(Umt5Encoder.create(encoder, nothing(device)), textWeights); }

  @Override
  public WanTransformer transformer(Device device) {
    return narrowed(WanTransformer.create(transformer, nothing(device)), weights);
  }

  @Override
  public LatentDecoder<?> decoder(Device device) {
    Tae whole = Tae.create(autoencoder, nothing(device));
    whole.encoder().close();
    return whole.decoder();
  }

  @Override
  public Optional<TaeDecoder> previewer(Device device) { return Optional.empty(); }
}
