package dev.raiju.tensor;

import dev.raiju.tensor.backend.BlockPlanes;
import dev.raiju.tensor.backend.Buffer;
import dev.raiju.tensor.backend.HostBackend;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.op.Broadcast;
import dev.raiju.tensor.op.Cast;
import dev.raiju.tensor.op.Concat;
import dev.raiju.tensor.op.Copy;
import dev.raiju.tensor.op.Elementwise;
import dev.raiju.tensor.op.Expr;
import dev.raiju.tensor.op.Expr.UnaryFunction;
import dev.raiju.tensor.op.Fill;
import dev.raiju.tensor.op.Iota;
import dev.raiju.tensor.op.MatMul;
import dev.raiju.tensor.op.Op;
import dev.raiju.tensor.op.Pad;
import dev.raiju.tensor.op.Permute;
import dev.raiju.tensor.op.Reduce;
import dev.raiju.tensor.op.Reshape;
import dev.raiju.tensor.op.Slice;
import dev.raiju.tensor.op.ToDevice;
import dev.raiju.tensor.op.View;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// An n-dimensional array: an element type, a shape, a device, and memory that it shares with its views.
///
/// Values do not change, except where an update op (an optimiser step) writes into a parameter. Memory goes when the tensor is
/// closed: by the [Scope] it was made in, or by the caller where no scope is open. Using a closed tensor throws.
public final class Tensor implements AutoCloseable {
  private static final AtomicLong IDS = new AtomicLong();
  private static final Expr A = Expr.in(0);
  private static final Expr B = Expr.in(1);

  private final Spec spec;
  private final Layout layout;
  private final Buffer buffer;
  private final Device device;
  private final long id;
  private volatile boolean closed;
  private @Nullable Scope scope;

  /// Takes over one ownership of `buffer`.
  Tensor(Spec spec, Layout layout, Buffer buffer, Device device, long id) {
    this.spec = spec;
    this.layout = layout;
    this.buffer = buffer;
    this.device = device;
    this.id = id;
    Leaks.born(this);
  }

  static long newId() { return IDS.incrementAndGet(); }

  // ---- making tensors

  /// An f32 tensor of these values in row-major order, on the best device.
  ///
  /// @throws ShapeException if the number of values is not that of the shape
  public static Tensor of(float[] values, long... sizes) {
    return of(Spec.of(DType.F32, sizes), MemorySegment.ofArray(values), Device.best());
  }

  /// An i32 tensor.
  public static Tensor of(int[] values, long... sizes) {
    return of(Spec.of(DType.I32, sizes), MemorySegment.ofArray(values), Device.best());
  }

  /// An i64 tensor.
  public static Tensor of(long[] values, long... sizes) {
    return of(Spec.of(DType.I64, sizes), MemorySegment.ofArray(values), Device.best());
  }

  /// An f64 tensor on the reference device, the only one that computes in f64.
  public static Tensor of(double[] values, long... sizes) {
    return of(Spec.of(DType.F64, sizes), MemorySegment.ofArray(values), Device.reference());
  }

  /// A bool tensor.
  public static Tensor of(boolean[] values, long... sizes) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (values[i] ? 1 : 0);
    return of(Spec.of(DType.BOOL, sizes), MemorySegment.ofArray(bytes), Device.best());
  }

  /// A tensor of any type whose contents are given as little-endian bytes in row-major order.
  ///
  /// @throws ShapeException if the bytes do not fill the shape
  public static Tensor of(Spec spec, MemorySegment contents, Device device) {
    if (contents.byteSize() != spec.bytes()) {
      throw new ShapeException("tensor: %s needs %d bytes, got %d", spec, spec.bytes(), contents.byteSize());
    }
    return Scope.adopt(TensorValues.written(spec, contents, device));
  }

  /// The same with the bytes between position and limit, whatever byte order the buffer says.
  public static Tensor of(Spec spec, ByteBuffer contents, Device device) {
    return of(spec, MemorySegment.ofBuffer(contents), device);
  }

  /// A tensor over memory that is already there, such as a mapped file; the tensor takes over one ownership of `buffer`.
  ///
  /// @throws IllegalArgumentException if the device does not compute in host memory, or the buffer is too small
  public static Tensor over(Spec spec, HostBuffer buffer, Device device) {
    if (!(device.backend() instanceof HostBackend))
      throw new IllegalArgumentException("tensor: " + device + " does not compute in host memory");
    if (buffer.bytes() < spec.bytes())
      throw new ShapeException("tensor: %s needs %d bytes, the buffer has %d", spec, spec.bytes(), buffer.bytes());
    return Scope.adopt(new Tensor(spec, Layout.contiguous(spec.shape()), buffer, device, newId()));
  }

  /// A tensor whose elements lie in memory as `layout` says, such as a view that a file stores; it takes over one ownership of `buffer`.
  ///
  /// @param buffer of the device's own kind, or over host memory where the device computes there
  /// @throws IllegalArgumentException if the device does not compute in that memory
  /// @throws ShapeException if the layout reaches out of the buffer
  public static Tensor over(DType dtype, Layout layout, Buffer buffer, Device device) {
    boolean onHost = device.backend() instanceof HostBackend;
    if (buffer instanceof HostBuffer != onHost)
      throw new IllegalArgumentException("tensor: " + device + (onHost
          ? " computes in host memory, where the buffer is not"
          : " does not compute in host memory"));
    boolean inside = layout.shape().elements() == 0 || layout.firstIndex() >= 0 && layout.lastIndex() / dtype.unit() < buffer
        .bytes() / dtype.unitBytes();
    if (!inside || dtype.isBlock() && !layout.isOnBlocks(dtype.unit()))
      throw new ShapeException("tensor: %s %s does not lie in a buffer of %d bytes", dtype, layout, buffer.bytes());
    return Scope.adopt(new Tensor(new Spec(dtype, layout.shape()), layout, buffer, device, newId()));
  }

  /// A tensor of a block type over codes, scales and biases that lie apart; it takes over one ownership of `planes`.
  ///
  /// @throws IllegalArgumentException if the device does not compute in host memory
  public static Tensor over(BlockPlanes planes, Device device) {
    if (!(device.backend() instanceof HostBackend))
      throw new IllegalArgumentException("tensor: " + device + " does not compute in host memory");
    return Scope.adopt(new Tensor(planes.spec(), Layout.contiguous(planes.spec().shape()), planes, device, newId()));
  }

  /// An f32 scalar.
  public static Tensor scalar(float value) { return of(new float[] {value}); }

  /// Zeros of type f32 on the best device.
  public static Tensor zeros(long... sizes) { return full(Spec.of(DType.F32, sizes), 0, Device.best()); }

  /// One value everywhere.
  public static Tensor full(Spec spec, double value, Device device) { return Trace.create(device, new Fill(spec, value)); }

  /// The numbers 0 to `count - 1`.
  public static Tensor iota(DType dtype, long count, Device device) { return Trace.create(device, new Iota(dtype, count)); }

  /// One value everywhere, with the kind and device of this tensor.
  public Tensor like(double value) { return full(spec, value, device); }

  // ---- what it is

  public Spec spec() { return spec; }

  public DType dtype() { return spec.dtype(); }

  public Shape shape() { return spec.shape(); }

  public int rank() { return spec.shape().rank(); }

  /// The size of an axis; -1 is the last.
  public long size(int axis) { return spec.shape().size(axis); }

  public Device device() { return device; }

  /// How the elements lie in the buffer. For kernels.
  public Layout layout() { return layout; }

  /// The memory. For kernels and caches.
  public Buffer buffer() { return buffer; }

  /// A number that this value and its aliases share, and no other value has.
  public long id() { return id; }

  /// The absolute address of the first element, for kernels of host backends. Blocks may lie in planes; see
  /// [dev.raiju.tensor.backend.BlockPlaces].
  public long address() {
    if (buffer instanceof BlockPlanes)
      throw new IllegalStateException("address: the blocks of " + spec + " lie in planes; copy() brings them together");
    return ((HostBuffer) buffer).address() + layout.offset() / spec.dtype().unit() * spec.dtype().unitBytes();
  }

  // ---- lifetime

  /// Lets go of the memory. Closing twice does nothing.
  @Override
  public void close() {
    synchronized (this) {
      if (closed) return;
      closed = true;
    }
    Leaks.closed(this);
    buffer.release();
  }

  public boolean isClosed() { return closed; }

  void requireOpen(Object op) {
    if (closed)
      throw new IllegalStateException((op instanceof Op o ? o.name() : op) + ": tensor " + spec
          + " was closed; keep it with scope.keep");
  }

  /// Another handle of the same value, owned by the caller alone: no scope closes it.
  public Tensor alias() {
    requireOpen("alias");
    buffer.retain();
    return new Tensor(spec, layout, buffer, device, id);
  }

  @Nullable
  Scope scope() { return scope; }

  void scope(@Nullable Scope scope) { this.scope = scope; }

  /// The same value as a new one that nobody knows came from this: gradients do not pass.
  public Tensor detach() { return Trace.silently(() -> Trace.apply(new Broadcast(shape()), this)); }

  Tensor viewed(View view) {
    Layout changed = view.view(layout);
    if (dtype().isBlock() && !changed.isOnBlocks(dtype().unit())) {
      throw new ShapeException("%s: %s: block types are viewed over leading axes and on block boundaries", view.name(), spec);
    }
    buffer.retain();
    return new Tensor(spec.with(changed.shape()), changed, buffer, device, newId());
  }

  /// Whether the stretches of memory between first and last element meet.
  boolean overlaps(Tensor other) {
    return buffer == other.buffer && layout.firstIndex() <= other.layout.lastIndex() && other.layout.firstIndex() <= layout
        .lastIndex();
  }

  // ---- views

  /// The same elements in row-major order under another shape; one size may be -1. Copies only if it must.
  ///
  /// @throws ShapeException if the number of elements differs
  public Tensor reshape(long... sizes) { return reshape(inferred(sizes)); }

  public Tensor reshape(Shape shape) {
    if (shape.equals(shape())) return this;
    Tensor source = layout.reshape(shape).isPresent() ? this : contiguous();
    return Trace.apply(new Reshape(shape), source);
  }

  private Shape inferred(long[] sizes) {
    int free = IntStream.range(0, sizes.length).filter(i -> sizes[i] == -1).findFirst().orElse(-1);
    if (free < 0) return Shape.of(sizes);
    long[] known = sizes.clone();
    known[free] = 1;
    if (LongStream.of(known).anyMatch(size -> size == -1))
      throw new ShapeException("reshape: %s: at most one size may be -1", Arrays.toString(sizes));
    Shape rest = Shape.of(known);
    if (rest.elements() == 0 || shape().elements() % rest.elements() != 0) {
      throw new ShapeException("reshape: %s has %d elements, not a multiple of %d", shape(), shape().elements(), rest.elements());
    }
    return rest.with(free, shape().elements() / rest.elements());
  }

  /// The axes from `begin` to `end` (exclusive, counted from the front) joined into one.
  public Tensor flatten(int begin, int end) {
    Shape s = shape();
    return reshape(s.slice(0, begin).append(s.slice(begin, end).elements()).append(s.slice(end, s.rank()).sizes()));
  }

  /// The axes in another order: axis `i` of the result is axis `axes[i]` of this one.
  public Tensor permute(int... axes) {
    return Trace.apply(new Permute(IntStream.of(axes).map(shape()::axis).boxed().toList()), this);
  }

  /// The last two axes swapped.
  public Tensor transpose() { return transpose(-2, -1); }

  public Tensor transpose(int a, int b) {
    int[] axes = IntStream.range(0, rank()).toArray();
    axes[shape().axis(a)] = shape().axis(b);
    axes[shape().axis(b)] = shape().axis(a);
    return permute(axes);
  }

  /// `length` entries from `start` on along an axis.
  public Tensor slice(int axis, long start, long length) { return slice(axis, start, length, 1); }

  /// Every `step`-th of `length` entries from `start` on; a negative step walks backwards.
  public Tensor slice(int axis, long start, long length, long step) {
    int at = shape().axis(axis);
    if (start == 0 && step == 1 && length == size(at)) return this;
    return Trace.apply(new Slice(at, start, length, step), this);
  }

  /// One entry along an axis, which goes.
  public Tensor select(int axis, long index) {
    int at = shape().axis(axis);
    return slice(at, index, 1).reshape(shape().remove(at));
  }

  /// The entries along an axis in reverse order.
  public Tensor flip(int axis) { return size(axis) == 0 ? this : slice(axis, size(axis) - 1, size(axis), -1); }

  /// `parts` equal pieces along an axis.
  ///
  /// @throws ShapeException if the axis is not a multiple of `parts`
  public List<Tensor> split(int axis, int parts) {
    long size = size(axis);
    if (parts < 1 || size % parts != 0)
      throw new ShapeException("split: axis %d of %s does not divide into %d parts", axis, shape(), parts);
    List<Tensor> pieces = new ArrayList<>();
    for (int i = 0; i < parts; i++) pieces.add(slice(axis, i * (size / parts), size / parts));
    return pieces;
  }

  /// Stretched to a larger shape, without copying.
  public Tensor broadcast(Shape shape) { return shape.equals(shape()) ? this : Trace.apply(new Broadcast(shape), this); }

  public Tensor broadcast(long... sizes) { return broadcast(Shape.of(sizes)); }

  /// An axis of size 1 put in front of `axis`.
  public Tensor unsqueeze(int axis) { return reshape(shape().insert(axis, 1)); }

  // ---- copies

  /// This tensor, or a row-major copy if it lies otherwise.
  public Tensor contiguous() { return isPlain() ? this : Trace.apply(new Copy(), this); }

  /// Whether the bytes lie in one piece and in order.
  private boolean isPlain() { return layout.isContiguous() && !(buffer instanceof BlockPlanes); }

  /// A row-major copy in memory of its own.
  public Tensor copy() { return Trace.apply(new Copy(), this); }

  /// The values in another element type; see [Cast].
  public Tensor to(DType dtype) { return dtype == dtype() ? this : Trace.apply(new Cast(dtype), this); }

  /// The values on another device.
  public Tensor to(Device to) { return to == device ? this : Trace.apply(new ToDevice(device, to), this); }

  /// Zeros added in front of and behind an axis.
  public Tensor pad(int axis, long before, long after) {
    return before == 0 && after == 0 ? this : Pad.pad(this, axis, before, after, 0, 0);
  }

  /// Tensors one after the other along an axis.
  public static Tensor concat(int axis, Tensor... parts) { return parts.length == 1 ? parts[0] : Concat.concat(axis, parts); }

  /// Tensors of one shape stacked along a new axis.
  public static Tensor stack(int axis, List<Tensor> parts) {
    return concat(axis, parts.stream().map(t -> t.unsqueeze(axis)).toArray(Tensor[]::new));
  }

  // ---- element by element

  public Tensor add(Tensor other) { return Elementwise.elementwise("add", A.add(B), this, other); }

  public Tensor sub(Tensor other) { return Elementwise.elementwise("sub", A.sub(B), this, other); }

  public Tensor mul(Tensor other) { return Elementwise.elementwise("mul", A.mul(B), this, other); }

  public Tensor div(Tensor other) { return Elementwise.elementwise("div", A.div(B), this, other); }

  public Tensor add(double value) { return Elementwise.elementwise("add", A.add(value), this); }

  public Tensor sub(double value) { return Elementwise.elementwise("sub", A.sub(Expr.of(value)), this); }

  public Tensor mul(double value) {
    return Elementwise.elementwise("mul", new Expr.Binary(Expr.BinaryFunction.MULTIPLY, A, Expr.of(value)), this);
  }

  public Tensor div(double value) { return Elementwise.elementwise("div", A.div(Expr.of(value)), this); }

  public Tensor min(Tensor other) { return Elementwise.elementwise("min", A.min(B), this, other); }

  public Tensor max(Tensor other) { return Elementwise.elementwise("max", A.max(B), this, other); }

  /// Held between two bounds; a NaN stays one.
  public Tensor clamp(double low, double high) {
    return Elementwise.elementwise("clamp", A.max(Expr.of(low)).min(Expr.of(high)), this);
  }

  public Tensor neg() { return unary("neg", UnaryFunction.NEGATE); }

  public Tensor abs() { return unary("abs", UnaryFunction.ABS); }

  public Tensor exp() { return unary("exp", UnaryFunction.EXP); }

  public Tensor log() { return unary("log", UnaryFunction.LOG); }

  public Tensor sqrt() { return unary("sqrt", UnaryFunction.SQRT); }

  public Tensor sin() { return unary("sin", UnaryFunction.SIN); }

  public Tensor cos() { return unary("cos", UnaryFunction.COS); }

  public Tensor tanh() { return unary("tanh", UnaryFunction.TANH); }

  public Tensor erf() { return unary("erf", UnaryFunction.ERF); }

  public Tensor floor() { return unary("floor", UnaryFunction.FLOOR); }

  /// To the nearest whole number, halves to the even one.
  public Tensor round() { return unary("round", UnaryFunction.ROUND); }

  public Tensor square() { return Elementwise.elementwise("square", A.square(), this); }

  private Tensor unary(String label, UnaryFunction function) { return Elementwise.elementwise(label, A.apply(function), this); }

  /// Where this is less than `other`, as bool.
  public Tensor less(Tensor other) { return Elementwise.elementwise("less", A.less(B), this, other); }

  public Tensor lessEqual(Tensor other) { return Elementwise.elementwise("less_equal", A.lessEqual(B), this, other); }

  public Tensor equal(Tensor other) { return Elementwise.elementwise("equal", A.equal(B), this, other); }

  // ---- reductions and products

  /// The sum over some axes, or over all if none is named.
  public Tensor sum(int... axes) { return sum(false, axes); }

  public Tensor sum(boolean keepAxes, int... axes) { return Reduce.reduce(Reduce.Kind.SUM, this, keepAxes, axes); }

  /// The mean over some axes, or over all if none is named; NaN for the mean of nothing.
  public Tensor mean(int... axes) { return mean(false, axes); }

  public Tensor mean(boolean keepAxes, int... axes) {
    if (!dtype().isFloat()) throw new ShapeException("mean: needs a float type, got %s; cast it first", spec);
    // in f32 at least: the sum of many f16 values may be too large for one
    Tensor total = to(spec.wide()).sum(keepAxes, axes);
    return total.mul(1.0 / ((double) shape().elements() / total.shape().elements())).to(dtype());
  }

  public Tensor max(int... axes) { return Reduce.reduce(Reduce.Kind.MAX, this, false, axes); }

  public Tensor max(boolean keepAxes, int... axes) { return Reduce.reduce(Reduce.Kind.MAX, this, keepAxes, axes); }

  public Tensor min(int... axes) { return Reduce.reduce(Reduce.Kind.MIN, this, false, axes); }

  /// Summed over the axes along which a broadcast would stretch `target` to this shape.
  public Tensor sumTo(Shape target) {
    if (target.equals(shape())) return this;
    int added = rank() - target.rank();
    int[] axes = IntStream.range(0, rank()).filter(i -> i < added || target.size(i - added) == 1 && size(i) != 1).toArray();
    return (axes.length == 0 ? this : sum(true, axes)).reshape(target);
  }

  /// The matrix product over the last two axes; see [MatMul].
  public Tensor matmul(Tensor other) { return MatMul.matmul(this, other); }

  // ---- values back to Java

  /// The value of a tensor of one element.
  ///
  /// @throws ShapeException if it has more or none
  public double item() {
    if (shape().elements() != 1) throw new ShapeException("item: %s has %d elements; needs one", spec, shape().elements());
    return TensorValues.doubles(this)[0];
  }

  /// All values in row-major order, as float.
  public float[] toFloats() { return TensorValues.floats(this); }

  /// All values in row-major order, as double.
  public double[] toDoubles() { return TensorValues.doubles(this); }

  /// All values in row-major order, as long.
  public long[] toLongs() { return TensorValues.longs(this); }

  /// All values in row-major order, as little-endian bytes of this type.
  public byte[] toBytes() { return TensorValues.bytes(this); }

  /// The same as a buffer in little-endian order, of its own memory.
  public ByteBuffer toByteBuffer() { return ByteBuffer.wrap(toBytes()).order(ByteOrder.LITTLE_ENDIAN); }

  /// Type, shape and device, and the values; long axes are cut in the middle.
  @Override
  public String toString() { return TensorText.of(this); }
}
