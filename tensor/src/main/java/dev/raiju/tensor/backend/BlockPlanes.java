package dev.raiju.tensor.backend;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;

/// Blocks whose codes, scales and biases lie in three places, as the files of MLX have them. Elsewhere a block is one piece.
///
/// Only what reads through [BlockPlaces] takes such a tensor as it is; its [Tensor#contiguous] is a copy in one piece.
public final class BlockPlanes extends Buffer {
  private final Spec spec;
  private final Tensor codes;
  private final Tensor scales;
  private final Tensor biases;

  private BlockPlanes(Spec spec, Tensor codes, Tensor scales, Tensor biases) {
    this.spec = spec;
    this.codes = codes;
    this.scales = scales;
    this.biases = biases;
  }

  /// Planes over three tensors in host memory. Nothing is copied, and the tensors stay with the caller.
  ///
  /// @param type a block type: says how many bits a code has, how many codes share a scale, and the type of scales and biases
  /// @param codes u32 `[…, n · bits / 32]`, those of a word lowest bits first
  /// @param scales `[…, n / group]`
  /// @param biases the same
  /// @throws ShapeException if they do not fit each other and the type
  public static BlockPlanes of(DType type, Tensor codes, Tensor scales, Tensor biases) {
    if (type.kind() != DType.Kind.BLOCK) throw new ShapeException("planes: %s is no block type", type);
    codes.spec().requireType("planes", "codes", DType.U32);
    long words = codes.rank() == 0 ? 0 : codes.size(-1);
    int perWord = 32 / type.codeBits();
    if (words * perWord % type.unit() != 0 || codes.rank() == 0)
      throw new ShapeException("planes: codes %s do not make whole groups of %s", codes.spec(), type);
    Shape groups = codes.shape().with(-1, words * perWord / type.unit());
    scales.spec().requireType("planes", "scales", type.scaleType()).requireShape("planes", "scales", groups);
    biases.spec().requireType("planes", "biases", type.scaleType()).requireShape("planes", "biases", groups);
    Spec spec = new Spec(type, codes.shape().with(-1, words * perWord));
    return new BlockPlanes(spec, plain(codes), plain(scales), plain(biases));
  }

  private static Tensor plain(Tensor t) {
    if (!t.layout().isContiguous()) throw new ShapeException("planes: %s does not lie in one piece", t.spec());
    return t.alias();
  }

  /// The kind of the tensor that the three are together.
  public Spec spec() { return spec; }

  @Override
  public long bytes() { return spec.bytes(); }

  long codes() { return codes.address(); }

  long scales() { return scales.address(); }

  long biases() { return biases.address(); }

  @Override
  protected void free() {
    codes.close();
    scales.close();
    biases.close();
  }
}
