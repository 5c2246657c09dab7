package dev.raiju.training.recipe;

import dev.raiju.models.nn.ConvolutionLayer;
import dev.raiju.models.vae.LatentStatistics;
import dev.raiju.models.vae.Tae;
import dev.raiju.models.vae.TaeDecoder;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Assign;
import java.util.List;
import java.util.stream.DoubleStream;

/// Takes the statistics of its latents out of an autoencoder, so that they come out with mean 0 and deviation 1 in every channel, as
/// flow matching wants them. The encoder's last weights take them away; the decoder is told to put them back, for what its soft
/// clamp makes of a latent depends on its size.
final class LatentScale {
  /// Clips at a time; as many are needed at least.
  static final int BATCH = 16;
  private static final double LEAST = 1e-4;

  private LatentScale() {}

  /// Changes the encoder in place, and gives the autoencoder with a decoder that knows. Both share the parameters of the first.
  static Tae normalized(Tae tae, List<Footage.Take> examples) {
    try (Scope scope = Scope.open()) {
      Tensor sum = null;
      Tensor squares = null;
      int batches = 0;
      for (int i = 0; i + BATCH <= examples.size(); i += BATCH, batches++) {
        Tensor frames = Pixels.of(examples.subList(i, i + BATCH).stream().map(Footage.Take::paint).toList(), tae.decoder().in()
            .weight()
            .device());
        Tensor latent = tae.encode(frames);
        Tensor mean = latent.mean(0, 2, 3, 4);
        Tensor square = latent.square().mean(0, 2, 3, 4);
        sum = sum == null ? mean : sum.add(mean);
        squares = squares == null ? square : squares.add(square);
      }
      if (sum == null || squares == null)
        throw new IllegalArgumentException("latents: " + examples.size() + " clips; needs " + BATCH);
      Tensor mean = sum.div(batches);
      Tensor deviation = squares.div(batches).sub(mean.square()).clamp(LEAST * LEAST, Double.MAX_VALUE).sqrt();
      normalize(tae.encoder().out(), mean, deviation);
      TaeDecoder old = tae.decoder();
      LatentStatistics statistics = new LatentStatistics(numbers(mean), numbers(deviation));
      return new Tae(tae.config().with(statistics), tae.encoder(), new TaeDecoder(old.patch(), old.in(), old.levels(), old.out(),
          statistics));
    }
  }

  private static void normalize(ConvolutionLayer out, Tensor mean, Tensor deviation) {
    Tensor bias = out.bias().orElseThrow();
    Assign.assign(out.weight(), out.weight().div(deviation.reshape(-1, 1, 1, 1)));
    Assign.assign(bias, bias.sub(mean).div(deviation));
  }

  private static List<Double> numbers(Tensor t) { return DoubleStream.of(t.toDoubles()).boxed().toList(); }
}
