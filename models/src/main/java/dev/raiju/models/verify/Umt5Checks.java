package dev.raiju.models.verify;

import dev.raiju.models.text.Umt5Block;
import dev.raiju.models.text.Umt5Config;
import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The text encoder.
final class Umt5Checks {
  private Umt5Checks() {}

  static void encoder(GoldenFile golden, Comparison results) throws IOException {
    Umt5Config config = GoldenConfigs.umt5(golden.config());
    long[] relative = golden.tensor("bucket.rel").toLongs();
    results.check("bucket.id", Arrays.stream(relative).map(r -> config.bucket(Math.toIntExact(r))).toArray());
    try (Umt5Encoder encoder = GoldenModels.umt5(golden)) {
      Tensor ids = golden.tensor("in.ids");
      Tensor numbers = golden.tensor("in.mask");
      Tensor mask = numbers.to(DType.BOOL);
      // padding gives rows of its own, which mean nothing
      Tensor text = numbers.to(DType.F32).unsqueeze(2);
      Tensor x = encoder.embedding().forward(ids, DType.F32);
      for (int i = 0; i < encoder.blocks().size(); i++) {
        Umt5Block block = encoder.blocks().get(i);
        if (i == 0) {
          results.check("mid.block0.pos_bias", block.attention().bias(Math.toIntExact(ids.size(1))), Comparison.ELEMENTWISE);
          Tensor attended = block.attention().forward(block.attentionNorm().forward(x), Optional.of(mask));
          check(golden, results, "mid.block0.attn", attended, text, Comparison.PRODUCT);
        }
        x = block.forward(x, Optional.of(mask));
        check(golden, results, "mid.block" + i, x, text, Comparison.MODEL);
      }
      check(golden, results, "out.hidden", encoder.forward(ids, mask), text, Comparison.MODEL);
      results.check("out.context_zero_padded", encoder.context(texts(ids, numbers), Math.toIntExact(ids.size(1))),
          Comparison.MODEL);
    }
  }

  private static void check(GoldenFile golden, Comparison results, String name, Tensor actual, Tensor text, double tolerance)
      throws IOException {
    results.check(name, actual.mul(text), golden.tensor(name).mul(text), tolerance);
  }

  /// The ids of each row, without its padding.
  static List<int[]> texts(Tensor ids, Tensor mask) {
    long[] all = ids.toLongs();
    long[] seen = mask.toLongs();
    int width = Math.toIntExact(ids.size(1));
    List<int[]> texts = new ArrayList<>();
    for (int row = 0; row < ids.size(0); row++) {
      int from = row * width;
      int length = (int) Arrays.stream(seen, from, from + width).sum();
      texts.add(Arrays.stream(all, from, from + length).mapToInt(Math::toIntExact).toArray());
    }
    return texts;
  }

  /// The same weights under other names must give the same.
  static void otherNames(GoldenFile golden, Comparison results) throws IOException {
    GoldenFile inputs = golden.sibling("umt5");
    try (Umt5Encoder encoder = GoldenModels.umt5(golden)) {
      Tensor ids = inputs.tensor("in.ids");
      List<int[]> texts = texts(ids, inputs.tensor("in.mask"));
      Tensor context = encoder.context(texts, Math.toIntExact(ids.size(1)));
      results.check("out.context_zero_padded", context, inputs.tensor("out.context_zero_padded"), Comparison.MODEL);
    }
  }
}
