package dev.raiju.models.dit;

import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.LinearLayer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;

/// Brings the text encoder's output to the width of the model. Rows of zeros, the padding of a prompt, become a constant row
/// and take part in cross attention like any other.
public record TextEmbedding(LinearLayer up, LinearLayer down) implements Module<TextEmbedding> {
  static TextEmbedding create(Initializer init, WanConfig config) {
    LinearLayer up = LinearLayer.create(init, config.textDim(), config.dim());
    return new TextEmbedding(up, LinearLayer.create(init, config.dim(), config.dim()));
  }

  /// @param context `[B, L, text width]`, padded with zeros
  /// @return `[B, L, D]`
  public Tensor forward(Tensor context) {
    try (Scope scope = Scope.open()) {
      return scope.keep(down.forward(Elementwise.geluTanh(up.forward(context))));
    }
  }

  @Override
  public TextEmbedding map(ParameterMap p) { return new TextEmbedding(p.module("up", up), p.module("down", down)); }
}
