package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a GGUF file says of itself: keys with values of several kinds, one record a tensor, and after padding the data, which
/// the tensors divide among them, each padded to the alignment. Everything is checked here, before anything is mapped.
///
/// @param entries by name, in the order of their data
/// @param values the keys and values
/// @param dataBegin where in the file the data begin
record GgufHeader(Map<String, Entry> entries, GgufValues values, long dataBegin) {
  static final byte[] MAGIC = {'G', 'G', 'U', 'F'};
  static final int VERSION = 3;
  /// llama.cpp itself stops at 4; the files of video models have kernels of 5 axes.
  static final int MAX_RANK = Shape.MAX_RANK;
  /// Magic, version, and two counts.
  static final int START_BYTES = 24;

  /// One tensor.
  ///
  /// @param begin where its bytes begin, counted from the beginning of the data
  record Entry(String name, Spec spec, long begin) {
    long end() { return Sizes.add(begin, spec.bytes()); }
  }

  static GgufHeader read(ByteSource file, Guard guard) throws IOException {
    guard.enter("");
    long size = file.size();
    if (size < START_BYTES) {
      throw guard.refusal(Reason.TOO_SHORT, "%d bytes are no GGUF file; needs at least %d", size, START_BYTES);
    }
    ByteCursor cursor = new ByteCursor(file, 0, size, guard, Reason.GGUF_TRUNCATED);
    guard.check(Arrays.equals(cursor.bytes(MAGIC.length), MAGIC), Reason.HEADER_START, "does not begin with GGUF");
    int version = cursor.i32();
    guard.check(version == 2 || version == VERSION, Reason.GGUF_VERSION, "version %s; versions 2 and 3 are read, little-endian",
        Integer.toUnsignedString(version));
    long tensors = count(cursor.i64(), "tensors", guard);
    long keys = count(cursor.i64(), "keys", guard);
    GgufValues values = GgufValues.read(cursor, keys, guard);
    return new Records(cursor, values, guard).header(tensors, size);
  }

  private static long count(long count, String what, Guard guard) throws ModelFormatException {
    guard.check(count >= 0 && count <= SafeTensorsHeader.MAX_ENTRIES, Reason.TOO_MANY_ENTRIES, "%s %s; at most %d", Long
        .toUnsignedString(count), what, SafeTensorsHeader.MAX_ENTRIES);
    return count;
  }

  /// Reads the records of the tensors.
  private static final class Records {
    private final ByteCursor cursor;
    private final GgufValues values;
    private final Guard guard;

    Records(ByteCursor cursor, GgufValues values, Guard guard) {
      this.cursor = cursor;
      this.values = values;
      this.guard = guard;
    }

    GgufHeader header(long count, long fileBytes) throws IOException {
      List<Entry> found = new ArrayList<>();
      for (long i = 0; i < count; i++) found.add(entry());
      found.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end).thenComparing(Entry::name));
      Map<String, Entry> entries = LinkedHashMap.newLinkedHashMap(found.size());
      for (Entry entry : found) {
        guard.enter(entry.name);
        guard.check(entries.put(entry.name, entry) == null, Reason.NAME_TWICE, "given twice");
      }
      long dataBegin = Sizes.pad(cursor.position(), values.alignment());
      checkCover(found, dataBegin, fileBytes);
      return new GgufHeader(Collections.unmodifiableMap(entries), values, dataBegin);
    }

    private Entry entry() throws IOException {
      String name = GgufValues.name(cursor, guard);
      guard.enter(name);
      long rank = cursor.u32();
      if (rank > MAX_RANK) throw guard.refusal(Reason.RANK, "%d axes; at most %d", rank, MAX_RANK);
      long[] sizes = new long[(int) rank];
      // stored with the fastest axis first
      for (int axis = sizes.length - 1; axis >= 0; axis--) {
        sizes[axis] = cursor.i64();
        guard.check(sizes[axis] >= 0, Reason.NEGATIVE_SIZE, "shape: size %s; must be below 2^63", Long.toUnsignedString(
            sizes[axis]));
      }
      int code = cursor.i32();
      DType type = GgufTypes.type(code).orElseThrow(() -> guard.refusal(Reason.UNSUPPORTED_DTYPE,
          "element type number %s; needs one of " + GgufTypes.NAMES, Integer.toUnsignedString(code)));
      long begin = cursor.i64();
      guard.check(begin >= 0, Reason.OFFSET_NEGATIVE, "data begin at %s; must be below 2^63", Long.toUnsignedString(begin));
      guard.check(begin % values.alignment() == 0, Reason.GGUF_MISALIGNED, "data begin at %d; must be a multiple of %d", begin,
          values.alignment());
      return entry(name, type, sizes, begin);
    }

    private Entry entry(String name, DType type, long[] sizes, long begin) throws ModelFormatException {
      long last = sizes.length == 0 ? 1 : sizes[sizes.length - 1];
      if (last % type.unit() != 0) {
        throw guard.refusal(Reason.BLOCK_SIZE, "%s %s: the last axis must be a multiple of %d", type.label(), Arrays.toString(
            sizes), type.unit());
      }
      try {
        // in elements as well: strides are counted in those
        Sizes.product(1, sizes);
        Entry entry = new Entry(name, new Spec(type, Shape.of(sizes)), begin);
        entry.end();
        return entry;
      } catch (ArithmeticException e) {
        throw guard.refusal(Reason.SIZE_OVERFLOW, "shape %s at %d: too large for %s", Arrays.toString(sizes), begin, type
            .label());
      }
    }

    /// The entries, in the order of their data, must cover the data, each padded to the alignment.
    private void checkCover(List<Entry> found, long dataBegin, long fileBytes) throws ModelFormatException {
      long covered = 0;
      long padded = 0;
      for (Entry entry : found) {
        guard.enter(entry.name);
        guard.check(entry.begin <= padded, Reason.HOLE, "data begin at %d; the data before end at %d", entry.begin, covered);
        guard.check(entry.begin >= covered, Reason.OVERLAP, "data begin at %d; the data before end at %d", entry.begin, covered);
        covered = Math.max(covered, entry.end());
        padded = (covered - 1 | values.alignment() - 1) + 1;
      }
      guard.enter("");
      long present = Math.max(0, fileBytes - dataBegin);
      guard.check(covered <= present, Reason.DATA_TRUNCATED, "%d bytes of data; the header tells of %d: the download is not "
          + "complete", present, covered);
      guard.check(padded >= present, Reason.DATA_TRAILING, "%d bytes of data; the header tells of %d", present, padded);
    }
  }
}
