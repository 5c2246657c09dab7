package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Reads a stretch of a file from its beginning to its end, little-endian. Whatever would reach beyond the end is refused.
///
/// Holds a window of the file, so that a header of unknown length costs few reads and little memory.
final class ByteCursor {
  private static final int WINDOW = 1 << 16;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ByteSource file;
  private final long end;
  private final Guard guard;
  private final Reason whenShort;
  private MemorySegment window = MemorySegment.ofArray(new byte[0]);
  private long windowBegin;
  private long position;

  /// @param end where the stretch ends, at most the size of the file
  /// @param whenShort why to refuse what reaches beyond it
  ByteCursor(ByteSource file, long begin, long end, Guard guard, Reason whenShort) {
    this.file = file;
    this.position = begin;
    this.windowBegin = begin;
    this.end = end;
    this.guard = guard;
    this.whenShort = whenShort;
  }

  /// Where in the file the next byte lies.
  long position() { return position; }

  long remaining() { return end - position; }

  int u8() throws IOException {
    long at = take(1);
    return window.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }

  int u16() throws IOException {
    long at = take(2);
    return window.get(SHORT, at) & 0xffff;
  }

  int i32() throws IOException {
    long at = take(4);
    return window.get(INT, at);
  }

  long u32() throws IOException { return i32() & 0xffff_ffffL; }

  /// 64 bits; a number of 2^63 or more comes as a negative one.
  long i64() throws IOException {
    long at = take(8);
    return window.get(LONG, at);
  }

  /// The next `count` bytes, which the caller knows to be few.
  byte[] bytes(long count) throws IOException {
    require(count);
    byte[] bytes = file.read(position, Math.toIntExact(count));
    position += count;
    return bytes;
  }

  /// The next `count` bytes as UTF-8.
  String text(long count) throws IOException {
    long begin = position;
    return Utf8.text(bytes(count), begin, guard);
  }

  void skip(long count) throws IOException {
    require(count);
    position += count;
  }

  private void require(long count) throws ModelFormatException {
    if (count >= 0 && count <= remaining()) return;
    throw guard.refusal(whenShort, "%s bytes needed at byte %d, where %d are left", Long.toUnsignedString(count), position,
        remaining());
  }

  /// Takes the next `count` bytes and says where in the window they lie, which may be another one than before.
  private long take(int count) throws IOException {
    require(count);
    if (position < windowBegin || position + count > windowBegin + window.byteSize()) {
      window = MemorySegment.ofArray(file.read(position, (int) Math.min(WINDOW, remaining())));
      windowBegin = position;
    }
    long at = position - windowBegin;
    position += count;
    return at;
  }
}
