package dev.raiju.models.vae;

import dev.raiju.models.nn.ConvolutionLayer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Tensor;
import java.util.Optional;

/// A tiny autoencoder for video: convolutions over frames, which remember only the frame before. Bohan 2025,
/// <https://github.com/madebyollin/taehv>.
///
/// Latents are `[B, C, T, H, W]`, as the transformer has them; frames are `[B, T, 3, H, W]` from 0 to 1.
///
/// @param config the sizes
public record Tae(TaeConfig config, TaeEncoder encoder, TaeDecoder decoder) implements Module<Tae> {
  private static final double SMALL = 0.1;

  /// A new autoencoder, to be trained.
  public static Tae create(TaeConfig config, Initializer init) {
    return new Tae(config, TaeEncoder.create(init, config), TaeDecoder.create(init, config));
  }

  /// A 3 x 3 convolution at a tenth of the usual scale: where a network ends or a branch joins, training starts more evenly.
  static ConvolutionLayer small(Initializer init, int in, int out) {
    double bound = SMALL * Math.sqrt(6.0 / (9 * in));
    return ConvolutionLayer.square(init.uniform(bound, out, in, 3, 3), Optional.of(init.constant(0, out)), 1);
  }

  /// See [TaeEncoder#encode].
  public Tensor encode(Tensor frames) { return encoder.encode(frames); }

  /// See [TaeDecoder#decode].
  public Tensor decode(Tensor latent) { return decoder.decode(latent); }

  @Override
  public Tae map(ParameterMap p) { return new Tae(config, p.module("encoder", encoder), p.module("decoder", decoder)); }
}
