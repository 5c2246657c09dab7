package dev.raiju.tensor;

/// What an operation may know of a tensor before any value exists: its element type and its shape.
public record Spec(DType dtype, Shape shape) {
  public Spec {
    if (dtype.isBlock() && (shape.rank() == 0 || shape.size(-1) % dtype.unit() != 0)) {
      throw new ShapeException("%s: shape %s: the last axis must be a multiple of %d", dtype, shape, dtype.unit());
    }
  }

  public static Spec of(DType dtype, long... sizes) { return new Spec(dtype, Shape.of(sizes)); }

  public Spec with(Shape shape) { return new Spec(dtype, shape); }

  public Spec with(DType dtype) { return new Spec(dtype, shape); }

  public int rank() { return shape.rank(); }

  public long size(int axis) { return shape.size(axis); }

  /// Bytes of a contiguous tensor of this kind.
  public long bytes() { return dtype.bytes(shape.elements()); }

  /// Refuses a type that cannot be computed with in floating point.
  public Spec requireFloat(String op) {
    if (!dtype.isFloat()) throw new ShapeException("%s: needs a float type, got %s", op, this);
    return this;
  }

  /// The type in which statistics and tables that go with values of this type are held: f64 for f64, else f32.
  public DType wide() { return dtype == DType.F64 ? DType.F64 : DType.F32; }

  /// Refuses another element type than `wanted`.
  public Spec requireType(String op, String role, DType wanted) {
    if (dtype != wanted) throw new ShapeException("%s: %s must be %s, got %s", op, role, wanted, dtype);
    return this;
  }

  /// Refuses an index type other than i32 and i64.
  public Spec requireIndex(String op) {
    if (dtype != DType.I32 && dtype != DType.I64) throw new ShapeException("%s: indices must be i32 or i64, got %s", op, this);
    return this;
  }

  /// Refuses another element type than that of `other`.
  public Spec requireSameType(String op, Spec other) {
    if (dtype != other.dtype) throw new ShapeException("%s: types differ: %s and %s; cast one of them", op, other, this);
    return this;
  }

  public Spec requireRank(String op, int rank) {
    if (rank() != rank) throw new ShapeException("%s: needs %d axes, got %s", op, rank, this);
    return this;
  }

  public Spec requireShape(String op, String role, Shape wanted) {
    if (!shape.equals(wanted)) throw new ShapeException("%s: %s must be %s, got %s", op, role, wanted, shape);
    return this;
  }

  @Override
  public String toString() { return dtype + " " + shape; }
}
