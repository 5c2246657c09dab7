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
import dev.raiju.training.data.Digit;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/// A small convolutional network that reads handwritten digits: three convolutions, of which two halve the image, and a linear
/// layer. 54 thousand parameters.
public record DigitNet(ConvolutionLayer first, ConvolutionLayer second, ConvolutionLayer third, LinearLayer out)
    implements
      Module<DigitNet> {
  /// The file with the trained parameters, beside this class.
  public static final String FILE = "digit-net.safetensors";

  private static final int[] WIDTHS = {16, 32, 64};
  private static final int LAST_SIDE = 7;

  /// A new network, to be trained.
  public static DigitNet create(Initializer init) {
    return new DigitNet(ConvolutionLayer.square(init, 1, WIDTHS[0], 3, 1, true), ConvolutionLayer.square(init, WIDTHS[0],
        WIDTHS[1],
        3, 2, true), ConvolutionLayer.square(init, WIDTHS[1], WIDTHS[2], 3, 2, true), LinearLayer.create(init, (long) WIDTHS[2]
            * LAST_SIDE * LAST_SIDE, Digit.COUNT));
  }

  /// The trained network.
  static DigitNet trained(Device device) {
    try (InputStream in = DigitNet.class.getResourceAsStream(FILE)) {
      if (in == null) throw new IllegalStateException("digits: no resource " + FILE);
      try (SafeTensors file = SafeTensors.of(in.readAllBytes(), FILE); Scope scope = Scope.open()) {
        Map<String, Tensor> weights = new HashMap<>();
        for (String name : file.entries().keySet()) weights.put(name, file.tensor(name, device).to(DType.F32));
        DigitNet net = create(Initializer.random(Rng.of(0), device));
        net.load(weights);
        return net;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("digits: the resource cannot be read", e);
    }
  }

  /// @param ink from 0, where there is none, to 1, `[B, 1, 28, 28]`
  /// @return a score for each digit, `[B, 10]`
  public Tensor forward(Tensor ink) {
    try (Scope scope = Scope.open()) {
      Tensor x = Elementwise.relu(first.forward(ink));
      x = Elementwise.relu(second.forward(x));
      x = Elementwise.relu(third.forward(x));
      return scope.keep(out.forward(x.flatten(1, 4)));
    }
  }

  @Override
  public DigitNet map(ParameterMap p) {
    return new DigitNet(p.module("first", first), p.module("second", second), p.module("third", third), p.module("out", out));
  }
}
