package dev.raiju.training.prune;

import dev.raiju.models.dit.WanAttention;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanConfig;
import dev.raiju.models.dit.WanFeedForward;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.models.nn.Module;
import java.util.ArrayList;
import java.util.List;

/// Makes a smaller transformer from the parts of a larger one. Its width stays, so that block for block the two can be compared and
/// no projection is needed between them.
///
/// Nothing makes up for what is taken away; that is what [Refit] and training the student under its teacher are for.
public final class Pruner {
  private Pruner() {}

  /// The student: of each block what is kept, of everything else all. Its parameters are copies.
  ///
  /// A head takes its rows of query, key and value, its gains of both norms and its columns of the output projection with it; a
  /// neuron its row of the first product, its bias and its column of the second. Biases of what goes into the residual stream stay.
  ///
  /// @param teacher parameters of float types
  /// @throws IllegalArgumentException if the teacher has not what is to be kept, or is quantised
  public static WanTransformer prune(WanTransformer teacher, Kept kept) {
    WanConfig config = kept.of(teacher.config());
    requireFloats(teacher);
    List<WanBlock> blocks = new ArrayList<>();
    for (int i : kept.indices()) blocks.add(prune(teacher.blocks().get(i), kept.blocks().get(i)));
    return teacher.around(config, blocks);
  }

  private static void requireFloats(Module<?> module) {
    module.parameters().forEach((name, t) -> {
      if (!t.dtype().isFloat()) {
        throw new IllegalArgumentException("prune: " + name + ": type " + t.dtype()
            + "; needs a float type: prune, then quantise");
      }
    });
  }

  /// One block. Its parameters are copies.
  ///
  /// @throws IllegalArgumentException if the block is quantised
  public static WanBlock prune(WanBlock whole, Kept.Block kept) {
    requireFloats(whole);
    WanAttention self = whole.selfAttention().withHeads(kept.selfHeads());
    WanAttention cross = whole.crossAttention().withHeads(kept.crossHeads());
    WanFeedForward feedForward = whole.feedForward().withNeurons(kept.neurons());
    return new WanBlock(Module.owned(whole.modulation()::copy), self, whole.crossNorm().copy(), cross, feedForward, whole.eps());
  }
}
