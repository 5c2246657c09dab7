package dev.raiju.training.recipe;

import dev.raiju.models.text.Umt5Encoder;
import dev.raiju.models.text.UnigramTokenizer;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import java.util.List;
import java.util.stream.IntStream;

/// Captions as padded ids, and as the text encoder's output.
///
/// @param ids i32 `[B, L]`
/// @param mask bool `[B, L]`, true where there is text
record TextBatch(Tensor ids, Tensor mask) {
  static TextBatch of(List<String> captions, UnigramTokenizer tokenizer, int length, Device device) {
    int[] ids = new int[captions.size() * length];
    boolean[] mask = new boolean[ids.length];
    for (int i = 0; i < captions.size(); i++) {
      UnigramTokenizer.PaddedIds padded = tokenizer.encode(captions.get(i), length);
      System.arraycopy(padded.ids(), 0, ids, i * length, length);
      for (int k = 0; k < padded.length(); k++) mask[i * length + k] = true;
    }
    return new TextBatch(Tensor.of(ids, captions.size(), length).to(device), Tensor.of(mask, captions.size(), length).to(device));
  }

  /// How many ids of each caption are text.
  List<Integer> lengths() {
    byte[] there = mask.toBytes();
    int width = Math.toIntExact(mask.size(1));
    return IntStream.range(0, there.length / width).map(row -> {
      int length = 0;
      for (int i = row * width; i < (row + 1) * width; i++) length += there[i];
      return length;
    }).boxed().toList();
  }

  /// What a transformer takes: a row for each token, zeros after the text.
  Tensor context(Umt5Encoder encoder) {
    try (Scope scope = Scope.open()) {
      Tensor rows = encoder.forward(ids, mask);
      Expr zeroed = Expr.select(Expr.in(1), Expr.in(0), Expr.of(0));
      return scope.keep(Elementwise.elementwise("zero_padding", zeroed, rows, mask.unsqueeze(-1)));
    }
  }
}
