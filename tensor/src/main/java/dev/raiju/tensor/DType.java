package dev.raiju.tensor;

import java.util.Locale;

/// The type of a tensor's elements.
///
/// Types of kind [Kind#FLOAT], [Kind#INTEGER] and [Kind#BOOL] can be computed with. [Kind#STORAGE] types can be loaded, cast and
/// inspected. [Kind#BLOCK] types hold groups of neighbours on the last axis as small codes with one scale and one bias a group,
/// `value = scale · code + bias`; only dequantise, linear and gather know them. [Kind#PACKED] types are blocks as GGUF files hold
/// them, and read by the same operations where they lie; [dev.raiju.tensor.io.Packed] makes those of the simplest types. Packed too
/// are 8-bit floats with a scale in f32 for every 32, or, in a file, for all of a matrix.
public enum DType {
  F64(Kind.FLOAT, 8),
  F32(Kind.FLOAT, 4),
  F16(Kind.FLOAT, 2),
  BF16(Kind.FLOAT, 2),
  I64(Kind.INTEGER, 8),
  I32(Kind.INTEGER, 4),
  I8(Kind.INTEGER, 1),
  U8(Kind.INTEGER, 1),
  BOOL(Kind.BOOL, 1),
  I16(Kind.STORAGE, 2),
  U16(Kind.STORAGE, 2),
  U32(Kind.STORAGE, 4),
  U64(Kind.STORAGE, 8),
  F8_E4M3(Kind.STORAGE, 1),
  F8_E5M2(Kind.STORAGE, 1),
  Q8_G64(8, 64, F32),
  Q8_G32(8, 32, F32),
  Q4_G64(4, 64, F32),
  Q4_G32(4, 32, F32),
  Q8_G64_F16(8, 64, F16),
  Q8_G32_F16(8, 32, F16),
  Q4_G64_F16(4, 64, F16),
  Q4_G32_F16(4, 32, F16),
  Q8_G64_BF16(8, 64, BF16),
  Q8_G32_BF16(8, 32, BF16),
  Q4_G64_BF16(4, 64, BF16),
  Q4_G32_BF16(4, 32, BF16),
  Q8_0(Kind.PACKED, 32, 34),
  Q4_0(Kind.PACKED, 32, 18),
  Q4_1(Kind.PACKED, 32, 20),
  Q5_0(Kind.PACKED, 32, 22),
  Q5_1(Kind.PACKED, 32, 24),
  Q2_K(Kind.PACKED, 256, 84),
  Q3_K(Kind.PACKED, 256, 110),
  Q4_K(Kind.PACKED, 256, 144),
  Q5_K(Kind.PACKED, 256, 176),
  Q6_K(Kind.PACKED, 256, 210),
  F8_E4M3_G32(Kind.PACKED, 32, 36),
  F8_E5M2_G32(Kind.PACKED, 32, 36);

  /// What can be done with a type.
  public enum Kind { FLOAT, INTEGER, BOOL, STORAGE, BLOCK, PACKED }

  private final Kind kind;
  private final int unitBytes;
  private final int unit;
  private final int codeBits;
  private final int scaleBytes;

  DType(Kind kind, int bytes) {
    this.kind = kind;
    this.unitBytes = bytes;
    this.unit = 1;
    this.codeBits = 0;
    this.scaleBytes = 0;
  }

  DType(int codeBits, int group, DType scale) {
    this.kind = Kind.BLOCK;
    this.unit = group;
    this.codeBits = codeBits;
    this.scaleBytes = scale.unitBytes;
    this.unitBytes = 2 * scale.unitBytes + group * codeBits / 8;
  }

  DType(Kind kind, int unit, int unitBytes) {
    this.kind = kind;
    this.unit = unit;
    this.unitBytes = unitBytes;
    this.codeBits = 0;
    this.scaleBytes = 0;
  }

  /// The type called `label`, such as `"bf16"`.
  ///
  /// @throws IllegalArgumentException if there is none
  public static DType parse(String label) {
    for (DType type : values()) {
      if (type.label().equals(label.toLowerCase(Locale.ROOT))) return type;
    }
    throw new IllegalArgumentException("dtype: no such type: " + label);
  }

  /// The name in messages and on the command line: `f32`, `bf16`, `q4_g64`.
  public String label() { return name().toLowerCase(Locale.ROOT); }

  public Kind kind() { return kind; }

  public boolean isFloat() { return kind == Kind.FLOAT; }

  public boolean isInteger() { return kind == Kind.INTEGER; }

  /// Whether neighbours on the last axis are stored as blocks, of our kind or packed.
  public boolean isBlock() { return kind == Kind.BLOCK || kind == Kind.PACKED; }

  /// Whether it is a block type that is only read: one of those of GGUF files, or of scaled 8-bit floats.
  public boolean isPacked() { return kind == Kind.PACKED; }

  /// How many neighbouring elements are stored as one unit: 1, or the group of a block type.
  public int unit() { return unit; }

  /// Bytes of one unit.
  public int unitBytes() { return unitBytes; }

  /// Bits of one code of a block type.
  public int codeBits() { return codeBits; }

  /// The block type with the same codes and scales whose groups are of 32: for rows that groups of 64 do not divide. Any other type
  /// is its own.
  public DType inGroupsOf32() { return kind == Kind.BLOCK ? valueOf(name().replace("_G64", "_G32")) : this; }

  /// The type of scale and bias of a block type: f32, f16 or bf16.
  public DType scaleType() {
    if (kind != Kind.BLOCK) throw new IllegalStateException("dtype: " + label() + " has no scale");
    return scaleBytes == 4 ? F32 : name().endsWith("_BF16") ? BF16 : F16;
  }

  /// Bytes of `elements` elements, which must fill whole units.
  ///
  /// @throws ArithmeticException if the count overflows
  public long bytes(long elements) {
    if (elements % unit != 0) throw new ShapeException("%s: %d elements: needs a multiple of %d", label(), elements, unit);
    return Math.multiplyExact(elements / unit, (long) unitBytes);
  }

  @Override
  public String toString() { return label(); }
}
