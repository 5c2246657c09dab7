package dev.raiju.models.verify;

import dev.raiju.models.vae.WanVaeConfig;
import dev.raiju.models.vae.WanVaeConfigs;
import dev.raiju.models.vae.WanVaeDecoder;
import dev.raiju.models.vae.WanVaeEncoder;
import dev.raiju.models.vae.WanVaeEncoding;
import dev.raiju.models.vae.WanVaeStream;
import dev.raiju.models.vae.WanVaeWeights;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// The halves of Wan's autoencoder, each by whole clips and piece by piece.
final class WanVaeChecks {
  private WanVaeChecks() {}

  static void encoder(GoldenFile golden, Comparison results) throws IOException {
    WanVaeConfig config = WanVaeConfigs.read(golden.config());
    try (WanVaeEncoder encoder = WanVaeWeights.loadEncoder(golden.weights("w."), config, golden.device())) {
      for (long count : golden.config().integers("frames")) {
        String name = "f" + count + ".";
        Tensor frames = golden.tensor(name + "in.video");
        results.check(name + "out.latent_raw_mu", encoder.mean(frames), Comparison.MODEL);
        results.check(name + "out.latent", encoder.encode(frames), Comparison.MODEL);
        results.check(name + "out.latent", inPieces(encoder, frames), Comparison.MODEL);
      }
    }
  }

  private static Tensor inPieces(WanVaeEncoder encoder, Tensor frames) {
    List<Tensor> latents = new ArrayList<>();
    int step = encoder.config().timeFactor();
    try (WanVaeEncoding stream = encoder.stream()) {
      latents.add(stream.next(frames.slice(2, 0, 1)));
      for (long t = 1; t < frames.size(2); t += step) latents.add(stream.next(frames.slice(2, t, step)));
    }
    return Tensor.concat(2, latents.toArray(Tensor[]::new));
  }

  static void decoder(GoldenFile golden, Comparison results) throws IOException {
    WanVaeConfig config = WanVaeConfigs.read(golden.config());
    try (WanVaeDecoder decoder = WanVaeWeights.loadDecoder(golden.weights("w."), config, golden.device())) {
      for (long count : golden.config().integers("frames")) {
        String name = "f" + count + ".";
        Tensor latent = golden.tensor(name + "in.latent");
        results.check(name + "out.video_unclamped", decoder.decodeRaw(latent), Comparison.MODEL);
        results.check(name + "out.video", decoder.decode(latent), Comparison.MODEL);
        results.check(name + "out.video", inPieces(decoder, latent), Comparison.MODEL);
      }
    }
  }

  private static Tensor inPieces(WanVaeDecoder decoder, Tensor latent) {
    List<Tensor> frames = new ArrayList<>();
    try (WanVaeStream stream = decoder.stream()) {
      for (long t = 0; t < latent.size(2); t++) frames.add(stream.next(latent.slice(2, t, 1)));
    }
    return Tensor.concat(2, frames.toArray(Tensor[]::new));
  }
}
