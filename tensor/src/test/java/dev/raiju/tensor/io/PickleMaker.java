package dev.raiju.tensor.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes pickles opcode by opcode.
final class PickleMaker {
  static final String TENSOR = "torch._utils _rebuild_tensor_v2";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  PickleMaker op(int... opcodes) {
    for (int opcode : opcodes) out.write(opcode);
    return this;
  }

  PickleMaker op(String opcodes) {
    out.writeBytes(Fixtures.latin(opcodes));
    return this;
  }

  PickleMaker i32(long value) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
    return this;
  }

  PickleMaker text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    op('X').i32(utf8.length);
    out.writeBytes(utf8);
    return this;
  }

  /// A number of 64 bits.
  PickleMaker whole(long value) {
    op(0x8a, 8);
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    return this;
  }

  PickleMaker wholes(long... values) {
    op('(');
    for (long value : values) whole(value);
    return op('t');
  }

  /// @param name module and name with a space between
  PickleMaker global(String name) { return op("c" + name.replace(' ', '\n') + "\n"); }

  PickleMaker storage(String type, String key, long count) {
    return op('(').text("storage").global("torch " + type).text(key).text("cpu").whole(count).op("tQ");
  }

  /// Of floats.
  PickleMaker tensor(String key, long count, long offset, long[] sizes, long[] strides) {
    global(TENSOR).op('(').storage("FloatStorage", key, count).whole(offset).wholes(sizes).wholes(strides);
    return op(0x89).global("collections OrderedDict").op(")RtR");
  }

  byte[] bytes() { return out.toByteArray(); }

  /// The bytes, with the opcode that ends.
  byte[] stopped() { return op('.').bytes(); }

  /// A dictionary of one tensor, of all of a storage of two floats.
  static PickleMaker sound() {
    return new PickleMaker().op(0x80, 2, '}').text("w").tensor("0", 2, 0, new long[] {2}, new long[] {1}).op('s');
  }
}
