package dev.raiju.models.dit;

import dev.raiju.models.sampler.VelocityModel;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// A transformer and a prompt, as samplers want them.
///
/// @param model the transformer
/// @param text keys and values of the prompt, for as many samples as there will be
/// @param runner calls the blocks
public record WanVelocity(WanTransformer model, TextKeys text, BlockRunner runner) implements VelocityModel {
  /// Calls the blocks and does nothing else.
  public WanVelocity(WanTransformer model, TextKeys text) { this(model, text, BlockRunner.PLAIN); }

  @Override
  public Tensor velocity(Tensor x, double timestep) {
    try (Scope scope = Scope.open()) {
      float[] same = new float[Math.toIntExact(x.size(0))];
      Arrays.fill(same, (float) timestep);
      Tensor timesteps = Tensor.of(Spec.of(DType.F32, same.length), MemorySegment.ofArray(same), x.device());
      return scope.keep(model.forward(x, timesteps.to(x.dtype()), text, runner));
    }
  }
}
