package dev.raiju.kernels.gpu;

import dev.raiju.tensor.Layout;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The parameters of a kernel in the order in which its struct declares them. Every number lies at a multiple of its own size, and
/// the whole is a multiple of 8 bytes long, as C lays it out.
public final class Arguments {
  /// How many axes the kernels' lists of sizes and strides have.
  static final int AXES = 8;
  /// The most bytes that a kernel may be given.
  public static final int LARGEST = 4096;

  private final ByteBuffer bytes = ByteBuffer.allocate(LARGEST).order(ByteOrder.nativeOrder());

  /// None yet.
  public Arguments() {}

  private void align(int size) { bytes.position((bytes.position() + size - 1) & -size); }

  /// A 64-bit number, or an address on the device; 0 is no address.
  public Arguments whole(long value) {
    align(Long.BYTES);
    bytes.putLong(value);
    return this;
  }

  /// Several of them.
  public Arguments wholes(long... values) {
    for (long value : values) whole(value);
    return this;
  }

  /// Where the first element of a tensor lies.
  Arguments data(Operand operand) { return whole(operand.address()); }

  /// Bytes in room for `room` of them, zeros behind.
  public Arguments bytes(MemorySegment source, int room) {
    MemorySegment.copy(source, 0, MemorySegment.ofBuffer(bytes), 0, source.byteSize());
    bytes.position(bytes.position() + room);
    return this;
  }

  Arguments number(int value) {
    bytes.putInt(value);
    return this;
  }

  /// Several 32-bit numbers.
  public Arguments numbers(int... values) {
    for (int value : values) number(value);
    return this;
  }

  Arguments flag(boolean value) { return number(value ? 1 : 0); }

  Arguments real(double value) {
    bytes.putFloat((float) value);
    return this;
  }

  /// Up to [#AXES] sizes or strides, with zeros behind.
  public Arguments axes(long... values) {
    if (values.length > AXES) throw new IllegalArgumentException("gpu: " + values.length + " axes; at most " + AXES);
    return wholes(Arrays.copyOf(values, AXES));
  }

  /// The strides of all axes of a layout, and nothing behind them.
  Arguments strides(Layout layout) { return wholes(layout.strides()); }

  /// All of them, in native order.
  public ByteBuffer done() {
    align(Long.BYTES);
    return bytes.duplicate().order(ByteOrder.nativeOrder()).flip();
  }
}
