package dev.raiju.kernels.conformance.cases;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Elements;
import dev.raiju.tensor.ShapeException;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/// A tensor in Java's own memory: an input of a case, the same whatever device it is put on. Immutable.
public final class Value {
  /// What an op does with an input beside reading it.
  public enum Role {
    /// Read; if it is a float, it has a gradient.
    VARIABLE,
    /// Read, and without a gradient by the op's contract: tables, masks given as floats.
    CONSTANT,
    /// Written by an update: it must be contiguous.
    WRITTEN
  }

  private final Spec spec;
  private final byte[] contents;
  private final Role role;
  private final boolean ownType;
  private final boolean freeType;
  private final boolean distinct;

  private Value(Spec spec, byte[] contents, Role role, boolean ownType, boolean freeType, boolean distinct) {
    this.spec = spec;
    this.contents = contents;
    this.role = role;
    this.ownType = ownType;
    this.freeType = freeType;
    this.distinct = distinct;
  }

  /// @param contents row-major, little-endian; not copied
  /// @throws ShapeException if they do not fill the shape
  public static Value of(Spec spec, byte[] contents) {
    if (contents.length != spec.bytes())
      throw new ShapeException("value: %s needs %d bytes, got %d", spec, spec.bytes(), contents.length);
    return new Value(spec, contents, Role.VARIABLE, false, false, false);
  }

  /// Numbers in row-major order, rounded to the type.
  public static Value of(DType type, double[] numbers, long... sizes) {
    Spec spec = Spec.of(type, sizes);
    byte[] contents = new byte[Math.toIntExact(spec.bytes())];
    MemorySegment memory = MemorySegment.ofArray(contents);
    for (int i = 0; i < numbers.length; i++) Elements.setDouble(type, memory, i, numbers[i]);
    return of(spec, contents);
  }

  /// f32 numbers along one axis.
  public static Value floats(double... numbers) { return of(DType.F32, numbers, numbers.length); }

  /// i64 numbers along one axis.
  public static Value longs(long... numbers) {
    byte[] contents = new byte[8 * numbers.length];
    for (int i = 0; i < numbers.length; i++) Elements.setLong(DType.I64, MemorySegment.ofArray(contents), i, numbers[i]);
    return of(Spec.of(DType.I64, numbers.length), contents);
  }

  /// Zeros.
  public static Value zeros(Spec spec) { return of(spec, new byte[Math.toIntExact(spec.bytes())]); }

  public Spec spec() { return spec; }

  public DType dtype() { return spec.dtype(); }

  /// The elements as little-endian bytes in row-major order. Not to be written.
  public byte[] contents() { return contents; }

  public Role role() { return role; }

  /// Whether the type is the same in every run of a case: a schedule that is f32 by contract.
  public boolean hasOwnType() { return ownType; }

  /// Whether the type may differ from those of the other inputs: a weight that is stored narrow.
  public boolean hasFreeType() { return freeType; }

  /// Whether a gradient with respect to this input is to be checked.
  public boolean isDifferentiable() { return role == Role.VARIABLE && dtype().isFloat(); }

  public Value constant() { return new Value(spec, contents, Role.CONSTANT, ownType, freeType, distinct); }

  public Value written() { return new Value(spec, contents, Role.WRITTEN, ownType, freeType, distinct); }

  public Value ofOwnType() { return new Value(spec, contents, role, true, freeType, distinct); }

  public Value ofFreeType() { return new Value(spec, contents, role, ownType, true, distinct); }

  /// Whether elements must differ where a gradient is wanted, since an op that compares them has none at ties.
  public boolean isDistinct() { return distinct; }

  public Value distinct() { return new Value(spec, contents, role, ownType, freeType, true); }

  /// The same numbers under another shape.
  public Value reshape(long... sizes) { return with(Spec.of(dtype(), sizes), contents); }

  /// Other contents in the same role.
  public Value with(Spec spec, byte[] contents) {
    if (contents.length != spec.bytes())
      throw new ShapeException("value: %s needs %d bytes, got %d", spec, spec.bytes(), contents.length);
    return new Value(spec, contents, role, ownType, freeType, distinct);
  }

  /// The same numbers in another type; not for block types.
  public Value to(DType type) {
    if (type == dtype()) return this;
    Spec changed = spec.with(type);
    byte[] converted = new byte[Math.toIntExact(changed.bytes())];
    MemorySegment from = MemorySegment.ofArray(contents);
    MemorySegment into = MemorySegment.ofArray(converted);
    long count = spec.shape().elements();
    for (long i = 0; i < count; i++) Elements.setDouble(type, into, i, Elements.getDouble(dtype(), from, i));
    return with(changed, converted);
  }

  /// As the reference computes with it: floats in f64, unless the type is fixed by the op's contract.
  public Value widened() { return dtype().isFloat() && !ownType ? to(DType.F64) : this; }

  /// The absolute values of floats.
  public Value absolute() {
    if (!dtype().isFloat()) return this;
    double[] numbers = numbers();
    byte[] changed = new byte[contents.length];
    MemorySegment memory = MemorySegment.ofArray(changed);
    for (int i = 0; i < numbers.length; i++) Elements.setDouble(dtype(), memory, i, Math.abs(numbers[i]));
    return with(spec, changed);
  }

  /// A contiguous tensor of this value.
  public Tensor on(Device device) { return Tensor.of(spec, MemorySegment.ofArray(contents), device); }

  /// The elements in row-major order.
  public double[] numbers() {
    double[] numbers = new double[Math.toIntExact(spec.shape().elements())];
    MemorySegment memory = MemorySegment.ofArray(contents);
    for (int i = 0; i < numbers.length; i++) numbers[i] = Elements.getDouble(dtype(), memory, i);
    return numbers;
  }

  /// The largest absolute value of finite elements; 0 if there is none.
  public double largest() {
    double largest = 0;
    if (dtype().isBlock()) return largest;
    for (double number : numbers()) {
      double magnitude = Math.abs(number);
      if (magnitude > largest && magnitude < Double.POSITIVE_INFINITY) largest = magnitude;
    }
    return largest;
  }

  @Override
  public String toString() { return spec.toString(); }
}
