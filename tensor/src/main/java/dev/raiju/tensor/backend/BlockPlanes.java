package dev.raiju.tensor.backend;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;

/// Blocks whose codes, scales and biases lie in three places, as the files of MLX have them, or 8-bit floats and a scale of them all.
/// Elsewhere a block is one piece.
///
/// Only what reads through [BlockPlaces] takes such a tensor as it is; its [Tensor#contiguous] is a copy in one piece.
public final class BlockPlanes extends Buffer {
  private final Spec spec;
  private final long bytes;
  private final Tensor codes;
  private final Tensor scales;
  private final Tensor biases;

  private BlockPlanes(Spec spec, Tensor codes, Tensor scales, Tensor biases) {
    this.spec = spec;
    this.codes = codes;
    this.scales = scales;
    this.biases = biases;
    // what has no biases has its scale there
    this.bytes = codes.spec().bytes() + scales.spec().bytes() + (spec.dtype().isPacked() ? 0 : biases.spec().bytes());
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

  /// 8-bit floats in host memory and the scale of them all. Nothing is copied, and the tensors stay with the caller.
  ///
  /// @param codes f8_e4m3 or f8_e5m2; the last axis must be a multiple of 32
  /// @param scale f32, a scalar
  /// @throws ShapeException if they are not
  public static BlockPlanes ofFloats(Tensor codes, Tensor scale) {
    DType type = codes.dtype() == DType.F8_E4M3 ? DType.F8_E4M3_G32 : DType.F8_E5M2_G32;
    if (type == DType.F8_E5M2_G32) codes.spec().requireType("planes", "codes", DType.F8_E5M2);
    scale.spec().requireType("planes", "scale", DType.F32).requireShape("planes", "scale", Shape.scalar());
    return new BlockPlanes(codes.spec().with(type), plain(codes), plain(scale), plain(scale));
  }

  private static Tensor plain(Tensor t) {
    if (!t.layout().isContiguous()) throw new ShapeException("planes: %s does not lie in one piece", t.spec());
    return t.alias();
  }

  /// The kind of the tensor that the three are together.
  public Spec spec() { return spec; }

  @Override
  public long bytes() { return bytes; }

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
