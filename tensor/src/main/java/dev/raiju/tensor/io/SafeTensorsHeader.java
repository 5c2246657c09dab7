package dev.raiju.tensor.io;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What a safetensors file says of itself: 8 bytes with the header's length, the header as JSON, and then the data that its
/// entries divide among them without hole or overlap. Everything is checked here, before anything is mapped.
///
/// @param entries by name, in the order of their data
/// @param dataBegin where in the file the data begin
record SafeTensorsHeader(Map<String, Entry> entries, Map<String, String> metadata, long dataBegin) {
  /// The format's own limit.
  static final int MAX_BYTES = 100_000_000;
  /// Far beyond any model; a header within the format's limit could hold millions.
  static final int MAX_ENTRIES = 100_000;
  static final int MAX_NAME_BYTES = 4096;
  static final int LENGTH_BYTES = 8;
  static final String METADATA = "__metadata__";

  /// The types that can be stored, in the order of the format's own table: the writer stores the last ones first.
  static final List<DType> TYPES = List.of(DType.BOOL, DType.U8, DType.I8, DType.F8_E5M2, DType.F8_E4M3, DType.I16, DType.U16,
      DType.F16, DType.BF16, DType.I32, DType.U32, DType.F32, DType.F64, DType.I64, DType.U64);

  private static final Map<String, DType> TYPE_BY_NAME = TYPES.stream().collect(Collectors.toMap(DType::name, type -> type));
  private static final String TYPE_NAMES = TYPES.stream().map(DType::name).collect(Collectors.joining(" "));
  private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final byte[] LFS = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  /// One tensor.
  ///
  /// @param begin where its bytes begin, counted from the beginning of the data
  /// @param end where they end
  record Entry(String name, Spec spec, long begin, long end) {}

  static SafeTensorsHeader read(ByteSource file, Guard guard) throws IOException {
    guard.enter("");
    long size = file.size();
    byte[] head = file.read(0, (int) Math.min(size, LFS.length));
    guard.check(!Arrays.equals(head, LFS), Reason.LFS_POINTER,
        "a git-lfs pointer, not the file itself; fetch it with git lfs pull");
    if (size < LENGTH_BYTES) {
      throw guard.refusal(Reason.TOO_SHORT, "%d bytes are no safetensors file; needs at least %d", size, LENGTH_BYTES);
    }
    long length = MemorySegment.ofArray(head).get(LENGTH, 0);
    guard.check(length >= 0 && length <= MAX_BYTES, Reason.HEADER_TOO_LARGE,
        "header of %s bytes; at most %d; is this a safetensors file?", Long.toUnsignedString(length), MAX_BYTES);
    guard.check(length <= size - LENGTH_BYTES, Reason.HEADER_TRUNCATED,
        "header of %d bytes in a file of %d; the download is not complete", length, size);
    byte[] json = file.read(LENGTH_BYTES, Math.toIntExact(length));
    guard.check(json.length > 0 && json[0] == '{', Reason.HEADER_START, "the header does not begin with '{'");
    long dataBegin = Sizes.add(LENGTH_BYTES, length);
    return new Parser(json, guard).header(dataBegin, size - dataBegin);
  }

  /// Reads the JSON of one header.
  private static final class Parser {
    private final Guard guard;
    private final JsonScanner scanner;
    private final List<Entry> found = new ArrayList<>();
    private Map<String, String> metadata = Map.of();

    Parser(byte[] json, Guard guard) {
      this.guard = guard;
      this.scanner = new JsonScanner(json, guard);
    }

    SafeTensorsHeader header(long dataBegin, long dataBytes) throws ModelFormatException {
      boolean described = false;
      guard.enter("header");
      scanner.beginObject();
      while (scanner.moreMembers()) {
        String name = scanner.key();
        guard.enter(name);
        if (name.equals(METADATA)) {
          checkOnce(!described, name);
          described = true;
          metadata = metadata();
        } else {
          checkName(name);
          found.add(entry(name));
        }
        guard.check(found.size() <= MAX_ENTRIES, Reason.TOO_MANY_ENTRIES, "more than %d entries", MAX_ENTRIES);
        guard.enter("header");
      }
      scanner.end();
      found.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end).thenComparing(Entry::name));
      Map<String, Entry> entries = byName();
      checkCover(dataBytes);
      return new SafeTensorsHeader(entries, metadata, dataBegin);
    }

    private void checkOnce(boolean first, String key) throws ModelFormatException {
      guard.check(first, Reason.JSON_DUPLICATE_KEY, "key given twice: %s", key);
    }

    private void checkName(String name) throws ModelFormatException {
      // a character is three bytes at most, half of a pair two
      boolean fits = name.length() <= MAX_NAME_BYTES / 3 || name.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES;
      guard.check(fits, Reason.NAME_TOO_LONG, "name of %d characters; at most %d bytes", name.length(), MAX_NAME_BYTES);
    }

    private Map<String, String> metadata() throws ModelFormatException {
      Map<String, String> all = new LinkedHashMap<>();
      scanner.beginObject();
      while (scanner.moreMembers()) {
        String key = scanner.key();
        checkOnce(all.put(key, scanner.string()) == null, key);
        guard.check(all.size() <= MAX_ENTRIES, Reason.TOO_MANY_ENTRIES, "more than %d entries", MAX_ENTRIES);
      }
      return Collections.unmodifiableMap(all);
    }

    private Entry entry(String name) throws ModelFormatException {
      String type = "";
      long[] sizes = {};
      long[] offsets = {};
      int seen = 0;
      scanner.beginObject();
      while (scanner.moreMembers()) {
        String field = scanner.key();
        int bit = switch (field) {
          case "dtype" -> 1;
          case "shape" -> 2;
          case "data_offsets" -> 4;
          default -> throw guard.refusal(Reason.ENTRY_FIELD_UNKNOWN, "unknown field %s; needs dtype, shape, data_offsets", field);
        };
        checkOnce((seen & bit) == 0, field);
        seen |= bit;
        switch (bit) {
          case 1 -> type = scanner.string();
          case 2 -> sizes = sizes();
          default -> offsets = offsets();
        }
      }
      guard.check(seen == 7, Reason.ENTRY_FIELD_MISSING, "a field is missing; needs dtype, shape, data_offsets");
      return entry(name, type, sizes, offsets[0], offsets[1]);
    }

    private long[] sizes() throws ModelFormatException {
      long[] sizes = new long[Shape.MAX_RANK];
      int rank = 0;
      scanner.beginArray();
      while (scanner.moreItems()) {
        guard.check(rank < Shape.MAX_RANK, Reason.RANK, "more than %d axes", Shape.MAX_RANK);
        sizes[rank] = scanner.integer();
        guard.check(sizes[rank] >= 0, Reason.NEGATIVE_SIZE, "shape: size %d; must be 0 or more", sizes[rank]);
        rank++;
      }
      return Arrays.copyOf(sizes, rank);
    }

    private long[] offsets() throws ModelFormatException {
      long[] offsets = new long[2];
      int count = 0;
      scanner.beginArray();
      while (scanner.moreItems()) {
        guard.check(count < 2, Reason.OFFSETS_COUNT, "data_offsets: more than 2 numbers; needs begin and end");
        offsets[count++] = scanner.integer();
      }
      guard.check(count == 2, Reason.OFFSETS_COUNT, "data_offsets: %d numbers; needs begin and end", count);
      return offsets;
    }

    private Entry entry(String name, String type, long[] sizes, long begin, long end) throws ModelFormatException {
      DType dtype = TYPE_BY_NAME.get(type);
      if (dtype == null) {
        throw guard.refusal(Reason.UNSUPPORTED_DTYPE, "unsupported dtype %s; needs one of " + TYPE_NAMES, type);
      }
      guard.check(begin >= 0, Reason.OFFSET_NEGATIVE, "data_offsets [%d, %d]: negative", begin, end);
      guard.check(begin <= end, Reason.OFFSETS_REVERSED, "data_offsets [%d, %d]: the end lies before the begin", begin, end);
      long bytes = bytes(dtype, sizes);
      Spec spec = Spec.of(dtype, sizes);
      guard.check(end - begin == bytes, Reason.SIZE_MISMATCH, "%d bytes stored; %s needs %d", end - begin, spec, bytes);
      return new Entry(name, spec, begin, end);
    }

    private long bytes(DType dtype, long[] sizes) throws ModelFormatException {
      try {
        return Sizes.product(dtype.unitBytes(), sizes);
      } catch (ArithmeticException e) {
        throw guard.refusal(Reason.SIZE_OVERFLOW, "shape %s: too large for %s", Arrays.toString(sizes), dtype);
      }
    }

    private Map<String, Entry> byName() throws ModelFormatException {
      Map<String, Entry> entries = LinkedHashMap.newLinkedHashMap(found.size());
      for (Entry entry : found) {
        guard.enter(entry.name);
        checkOnce(entries.put(entry.name, entry) == null, entry.name);
      }
      return Collections.unmodifiableMap(entries);
    }

    /// The entries, in the order of their data, must cover the data exactly.
    private void checkCover(long dataBytes) throws ModelFormatException {
      long covered = 0;
      for (Entry entry : found) {
        guard.enter(entry.name);
        guard.check(entry.begin <= covered, Reason.HOLE, "data begin at %d; the data before end at %d", entry.begin, covered);
        guard.check(entry.begin >= covered, Reason.OVERLAP, "data begin at %d; the data before end at %d", entry.begin, covered);
        covered = entry.end;
      }
      guard.enter("");
      guard.check(covered <= dataBytes, Reason.DATA_TRUNCATED, "%d bytes of data; the header tells of %d: the download is not "
          + "complete", dataBytes, covered);
      guard.check(covered >= dataBytes, Reason.DATA_TRAILING, "%d bytes of data; the header tells of %d", dataBytes, covered);
    }
  }
}
