package dev.raiju.training.eval;

import dev.raiju.models.nn.ConvolutionLayer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Rng;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.SafeTensors;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Window;
import dev.raiju.training.data.Frames;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A small network that looks at clips through space and time: four convolutions, a mean over what is left of both, and a score for
/// each [SceneLabels]. It was trained to say what moving shapes and digits are, what colour they have and how they move, and is frozen.
///
/// The mean is what [Features] of clips are: their Fréchet distance is reported as FVD-S. That is not FVD, whose network saw real
/// videos.
public record FeatureNet(ConvolutionLayer first, ConvolutionLayer second, ConvolutionLayer third, ConvolutionLayer fourth,
    LinearLayer out)
    implements
      Module<FeatureNet> {
  /// The file with the trained parameters, beside this class.
  public static final String FILE = "feature-net.safetensors";
  /// Numbers that stand for a clip.
  public static final int WIDTH = 64;

  private static final int[] WIDTHS = {16, 32, 64, WIDTH};
  private static final int BATCH = 16;

  /// A new network, to be trained.
  public static FeatureNet create(Initializer init) {
    return new FeatureNet(layer(init, 3, WIDTHS[0]), layer(init, WIDTHS[0], WIDTHS[1]), layer(init, WIDTHS[1], WIDTHS[2]), layer(
        init, WIDTHS[2], WIDTHS[3]), LinearLayer
            .create(init, WIDTH, SceneLabels.COUNT));
  }

  /// Halves time, height and width; 3 x 3 x 3 taps.
  private static ConvolutionLayer layer(Initializer init, int in, int out) {
    Tensor weight = init.uniform(Math.sqrt(6.0 / (in * 27)), out, in, 3, 3, 3);
    return new ConvolutionLayer(weight, Optional.of(init.constant(0, out)), Window.of(3).padding(1, 1, 1).stride(2, 2, 2));
  }

  /// The trained network.
  public static FeatureNet trained(Device device) {
    try (InputStream in = FeatureNet.class.getResourceAsStream(FILE)) {
      if (in == null) throw new IllegalStateException("features: no resource " + FILE + "; run raiju train features");
      try (SafeTensors file = SafeTensors.of(in.readAllBytes(), FILE); Scope scope = Scope.open()) {
        Map<String, Tensor> weights = new HashMap<>();
        for (String name : file.entries().keySet()) weights.put(name, file.tensor(name, device).to(DType.F32));
        FeatureNet net = create(Initializer.random(Rng.of(0), device));
        net.load(weights);
        return net;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("features: the resource cannot be read", e);
    }
  }

  /// @param pixels from 0 to 1, `[B, T, 3, H, W]`
  /// @return `[B, 64]`
  public Tensor features(Tensor pixels) {
    try (Scope scope = Scope.open()) {
      Tensor x = pixels.permute(0, 2, 1, 3, 4).contiguous();
      for (ConvolutionLayer layer : List.of(first, second, third, fourth)) x = Elementwise.relu(layer.forward(x));
      return scope.keep(x.mean(2, 3, 4));
    }
  }

  /// @param pixels from 0 to 1, `[B, T, 3, H, W]`
  /// @return a score for each label, `[B, labels]`
  public Tensor forward(Tensor pixels) {
    try (Scope scope = Scope.open()) {
      return scope.keep(out.forward(features(pixels)));
    }
  }

  /// What clips look like.
  ///
  /// @param clips of one size
  public Features of(List<Frames> clips) {
    List<double[]> rows = new ArrayList<>();
    for (int i = 0; i < clips.size(); i += BATCH) {
      try (Scope scope = Scope.open()) {
        Tensor some = features(ClipPixels.of(clips.subList(i, Math.min(clips.size(), i + BATCH)), out.weight().device()));
        double[] all = some.toDoubles();
        for (int k = 0; k < some.size(0); k++) rows.add(Arrays.copyOfRange(all, k * WIDTH, (k + 1) * WIDTH));
      }
    }
    return new Features(rows);
  }

  @Override
  public FeatureNet map(ParameterMap p) {
    return new FeatureNet(p.module("first", first), p.module("second", second), p.module("third", third), p.module("fourth",
        fourth), p.module(
            "out", out));
  }
}
