package dev.raiju.models.verify;

import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.models.vae.TaeStream;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// The tiny autoencoder.
final class TaeChecks {
  private TaeChecks() {}

  static void autoencoder(GoldenFile golden, Comparison results) throws IOException {
    try (Tae tae = GoldenModels.tae(golden)) {
      for (long frames : golden.config().integers("frames")) {
        String name = "enc" + frames + ".";
        Tensor latent = tae.encode(golden.tensor(name + "in.video"));
        results.check(name + "out.latent", latent.transpose(1, 2), Comparison.MODEL);
      }
      for (long frames : golden.config().integers("latent_frames")) {
        String name = "dec" + frames + ".";
        Tensor latent = golden.tensor(name + "in.latent").transpose(1, 2);
        results.check(name + "mid.untrimmed_unclamped", tae.decoder().decodeRaw(latent), Comparison.MODEL);
        results.check(name + "out.video", tae.decode(latent), Comparison.MODEL);
        results.check(name + "out.video", streamed(tae.decoder(), latent), Comparison.MODEL);
      }
      if (golden.has("grad.out.body")) {
        Tensor latent = golden.tensor("grad.in.latent").transpose(1, 2);
        results.check("grad.out.body", tae.decoder().decodeRaw(latent), Comparison.MODEL);
      }
    }
  }

  private static Tensor streamed(TaeDecoder decoder, Tensor latent) {
    List<Tensor> frames = new ArrayList<>();
    try (TaeStream stream = decoder.stream()) {
      for (int t = 0; t < latent.size(2); t++) frames.add(stream.next(latent.slice(2, t, 1)));
    }
    return Tensor.concat(1, frames.toArray(Tensor[]::new));
  }
}
