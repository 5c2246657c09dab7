package dev.raiju.models.verify;

import dev.raiju.models.dit.BlockInputs;
import dev.raiju.models.dit.BlockRunner;
import dev.raiju.models.dit.BlockText;
import dev.raiju.models.dit.RotaryTables;
import dev.raiju.models.dit.TextKeys;
import dev.raiju.models.dit.TokenGrid;
import dev.raiju.models.dit.WanBlock;
import dev.raiju.models.dit.WanTransformer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.GatedResidual;
import dev.raiju.tensor.op.LayerNorm;
import dev.raiju.tensor.op.ModulatedLayerNorm;
import java.io.IOException;

/// The transformer and its block.
final class WanChecks {
  private WanChecks() {}

  static void attentionBlock(GoldenFile golden, Comparison results) throws IOException {
    try (WanBlock block = GoldenModels.block(golden); RotaryTables rope = GoldenModels.blockRotations(golden)) {
      BlockText text = new BlockText.Embedded(golden.tensor("in.context"));
      BlockInputs in = new BlockInputs(golden.tensor("in.x"), golden.tensor("in.e"), text, rope);
      Parts parts = Parts.of(block, in);
      var attention = block.selfAttention();
      Tensor q = attention.queryNorm().forward(attention.query().forward(parts.modulated()));
      Tensor k = attention.keyNorm().forward(attention.key().forward(parts.modulated()));
      results.check("mid.self.q_normed", q, Comparison.PRODUCT);
      results.check("mid.self.k_normed", k, Comparison.PRODUCT);
      results.check("mid.self.q_rope", rope.rotate(attention.split(q)), Comparison.PRODUCT);
      results.check("mid.self.k_rope", rope.rotate(attention.split(k)), Comparison.PRODUCT);
      results.check("mid.self.v", attention.value().forward(parts.modulated()), Comparison.PRODUCT);
      results.check("mid.self.out", parts.attended(), Comparison.PRODUCT);
      results.check("mid.cross.out", parts.crossed(), Comparison.PRODUCT);
      results.check("mid.ffn.out", parts.changed(), Comparison.PRODUCT);
      results.check("out.y", block.forward(in), Comparison.PRODUCT);
      results.check("sa.out", attention.self(golden.tensor("sa.in.x"), rope), Comparison.PRODUCT);
    }
  }

  /// What a block computes on the way, step by step.
  private record Parts(Tensor normed, Tensor modulated, Tensor attended, Tensor crossNormed, Tensor crossed, Tensor changed) {
    static Parts of(WanBlock block, BlockInputs in) {
      Tensor m = block.modulation().add(in.modulation());
      Tensor normed = LayerNorm.layerNorm(in.x(), block.eps());
      Tensor modulated = ModulatedLayerNorm.modulate(normed, m.slice(1, 0, 1), m.slice(1, 1, 1));
      Tensor attended = block.selfAttention().self(modulated, in.rope());
      Tensor x = GatedResidual.gatedResidual(in.x(), attended, m.slice(1, 2, 1));
      Tensor crossNormed = block.crossNorm().forward(x);
      Tensor text = in.text().tensors().getFirst();
      Tensor crossed = block.crossAttention().cross(crossNormed, block.crossAttention().keys(text));
      Tensor again = LayerNorm.layerNorm(x.add(crossed), block.eps());
      Tensor changed = block.feedForward().forward(ModulatedLayerNorm.modulate(again, m.slice(1, 3, 1), m.slice(1, 4, 1)));
      return new Parts(normed, modulated, attended, crossNormed, crossed, changed);
    }
  }

  static void transformer(GoldenFile golden, Comparison results) throws IOException {
    try (WanTransformer model = GoldenModels.wan(golden, "w.")) {
      Tensor x = golden.tensor("in.x");
      Tensor context = golden.tensor("in.context");
      Tensor sinusoid = model.time().sinusoid(golden.tensor("in.t"));
      results.check("mid.sinusoid", sinusoid, Comparison.ELEMENTWISE);
      Tensor embedding = model.time().embed(sinusoid);
      results.check("mid.time_emb", embedding, Comparison.PRODUCT);
      Tensor modulation = model.time().project(embedding);
      results.check("mid.time_proj", modulation.flatten(1, 3), Comparison.PRODUCT);
      Tensor states = model.text().forward(context);
      results.check("mid.text_emb", states, Comparison.PRODUCT);
      Tensor tokens = model.patches().forward(x);
      results.check("mid.patch_tokens", tokens, Comparison.PRODUCT);

      TokenGrid grid = TokenGrid.of(x.shape(), model.config());
      try (RotaryTables rope = RotaryTables.of(grid, model.config(), DType.F32, golden.device())) {
        BlockInputs in = new BlockInputs(tokens, modulation, new BlockText.Embedded(states), rope);
        Parts parts = Parts.of(model.blocks().getFirst(), in);
        results.check("mid.block0.norm1", parts.normed(), Comparison.PRODUCT);
        results.check("mid.block0.self_attn", parts.attended(), Comparison.PRODUCT);
        results.check("mid.block0.norm3", parts.crossNormed(), Comparison.PRODUCT);
        results.check("mid.block0.cross_attn", parts.crossed(), Comparison.PRODUCT);
        results.check("mid.block0.ffn", parts.changed(), Comparison.PRODUCT);
      }
      var outputs = model.forwardWithBlocks(x, golden.tensor("in.t"), context, BlockRunner.PLAIN);
      for (int i = 0; i < outputs.blocks().size(); i++) results.check("mid.block" + i, outputs.blocks().get(i), Comparison.MODEL);
      results.check("mid.head", model.head().forward(outputs.blocks().getLast(), embedding), Comparison.MODEL);
      results.check("out.v", outputs.velocity(), Comparison.MODEL);
      try (TextKeys keys = model.keys(context)) {
        Tensor velocity = model.forward(x, golden.tensor("in.t"), keys, BlockRunner.PLAIN);
        results.check("out.v", velocity, Comparison.MODEL);
      }
    }
  }

  /// The same weights under other names must give the same.
  static void otherNames(GoldenFile golden, Comparison results) throws IOException {
    GoldenFile inputs = golden.sibling("wan_dit");
    try (WanTransformer model = GoldenModels.wan(golden, "w.")) {
      Tensor velocity = model.forward(inputs.tensor("in.x"), inputs.tensor("in.t"), inputs.tensor("in.context"));
      results.check("out.v", velocity, inputs.tensor("out.v"), Comparison.MODEL);
    }
  }
}
