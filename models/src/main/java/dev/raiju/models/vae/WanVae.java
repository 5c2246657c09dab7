package dev.raiju.models.vae;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Tensor;

/// The video autoencoder of Wan 2.1: convolutions that see no later frame. Wan Team 2025, arXiv:2503.20314.
///
/// Latents are `[B, C, T, H, W]` on the scale of the transformer; frames are `[B, 3, T, H, W]` from -1 to 1.
///
/// @param config the sizes
public record WanVae(WanVaeConfig config, WanVaeEncoder encoder, WanVaeDecoder decoder) implements Module<WanVae> {
  /// A new autoencoder.
  public static WanVae create(WanVaeConfig config, Initializer init) {
    return new WanVae(config, WanVaeEncoder.create(init, config), WanVaeDecoder.create(init, config));
  }

  /// See [WanVaeEncoder#encode].
  public Tensor encode(Tensor frames) { return encoder.encode(frames); }

  /// See [WanVaeDecoder#decode(Tensor)].
  public Tensor decode(Tensor latent) { return decoder.decode(latent); }

  @Override
  public WanVae map(ParameterMap p) { return new WanVae(config, p.module("encoder", encoder), p.module("decoder", decoder)); }
}
