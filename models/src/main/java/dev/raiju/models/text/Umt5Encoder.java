package dev.raiju.models.text;

import dev.raiju.models.nn.EmbeddingLayer;
import dev.raiju.models.nn.Initializer;
import dev.raiju.models.nn.Module;
import dev.raiju.models.nn.ParameterMap;
import dev.raiju.models.nn.RmsNormLayer;
import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// The text encoder of Wan: from token ids to one row for each token. Chung et al. 2023, arXiv:2304.09151.
///
/// ```java
/// Tensor context = encoder.context(List.of(tokenizer.encode("a red circle")), 512);
/// ```
///
/// @param config the sizes
/// @param embedding a row for each id
/// @param blocks the layers
/// @param norm after the last
public record Umt5Encoder(Umt5Config config, EmbeddingLayer embedding, List<Umt5Block> blocks, RmsNormLayer norm)
    implements
      Module<Umt5Encoder> {
  public Umt5Encoder { blocks = List.copyOf(blocks); }

  /// A new encoder, to be trained.
  public static Umt5Encoder create(Umt5Config config, Initializer init) {
    EmbeddingLayer embedding = EmbeddingLayer.create(init, config.vocabulary(), config.dim(), 1);
    List<Umt5Block> blocks = IntStream.range(0, config.layers()).mapToObj(_ -> Umt5Block.create(init, config)).toList();
    return new Umt5Encoder(config, embedding, blocks, RmsNormLayer.create(init, config.dim(), config.eps()));
  }

  /// Encodes texts without padding.
  ///
  /// @param ids i32 or i64 `[B, N]`
  /// @return `[B, N, D]`
  public Tensor forward(Tensor ids) { return forward(ids, Optional.empty()); }

  /// Encodes padded texts. Rows of padding come out as something, and nothing of them reaches the rows of text.
  ///
  /// @param ids i32 or i64 `[B, N]`
  /// @param mask bool `[B, N]`, true where there is text
  public Tensor forward(Tensor ids, Tensor mask) { return forward(ids, Optional.of(mask)); }

  private Tensor forward(Tensor ids, Optional<Tensor> mask) {
    if (ids.rank() != 2) throw new ShapeException("umt5: ids %s; needs [B, N]", ids.shape());
    try (Scope scope = Scope.open()) {
      Tensor x = embedding.forward(ids, norm.weight().dtype());
      for (Umt5Block block : blocks) {
        Tensor before = x;
        x = block.forward(before, mask);
        before.close();
      }
      return scope.keep(norm.forward(x));
    }
  }

  /// What a transformer takes: the rows of each text, followed by zeros. Texts are encoded one by one without padding, which gives
  /// the same rows as padding and masking, since positions are relative.
  ///
  /// @param texts the ids of each text, its end token included
  /// @param length how many rows each gets; a longer text is refused
  /// @return `[B, length, D]`
  public Tensor context(List<int[]> texts, int length) {
    try (Scope scope = Scope.open()) {
      return scope.keep(Tensor.concat(0, texts.stream().map(ids -> padded(ids, length)).toArray(Tensor[]::new)));
    }
  }

  private Tensor padded(int[] ids, int length) {
    if (ids.length == 0 || ids.length > length)
      throw new ShapeException("umt5: a text of %d tokens; needs 1 to %d", ids.length, length);
    Device device = norm.weight().device();
    try (Scope scope = Scope.open()) {
      Tensor row = Tensor.of(Spec.of(DType.I32, 1, ids.length), MemorySegment.ofArray(ids), device);
      return scope.keep(forward(row).pad(1, 0, length - ids.length));
    }
  }

  @Override
  public Umt5Encoder map(ParameterMap p) {
    return new Umt5Encoder(config, p.module("embedding", embedding), p.modules("blocks", blocks), p.module("norm", norm));
  }
}
