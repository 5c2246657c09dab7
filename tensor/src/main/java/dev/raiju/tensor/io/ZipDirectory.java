package dev.raiju.tensor.io;

import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// What lies where in a zip archive whose entries are stored as they are. Compressed, encrypted, overlapping or split archives
/// are refused, and so is one whose two descriptions of an entry differ; nothing is ever unpacked.
///
/// @param entries by name, in the order of the directory
record ZipDirectory(Map<String, Entry> entries) {
  static final int MAX_ENTRIES = 2 * SafeTensorsHeader.MAX_ENTRIES;

  private static final int END_BYTES = 22;
  private static final int MAX_COMMENT = 0xffff;
  private static final int LOCATOR_BYTES = 20;
  private static final int LARGE_END_BYTES = 56;
  private static final int TRAILER_BYTES = 16;
  private static final int LARGE_TRAILER_BYTES = 24;
  private static final int LOCAL_BYTES = 30;
  private static final int RECORD_BYTES = 46;

  private static final int END = 0x06054b50;
  private static final int LOCATOR = 0x07064b50;
  private static final int LARGE_END = 0x06064b50;
  private static final int RECORD = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int TRAILER = 0x08074b50;

  // flags of an entry
  private static final int ENCRYPTED = 1;
  private static final int SIZES_FOLLOW = 8;

  private static final int LARGE_EXTRA = 1;
  private static final Pattern OUTWARD = Pattern.compile("^$|(^|/)(\\.\\.?)?/|(^|/)\\.\\.?$");
  private static final long IN_EXTRA = 0xffff_ffffL;

  /// A stored entry.
  ///
  /// @param header where its own header begins
  /// @param begin where its bytes begin
  /// @param trailed whether its size and checksum follow its bytes once more
  record Entry(String name, long header, long begin, long length, long crc, boolean trailed) {
    long end() { return Sizes.add(begin, length); }
  }

  static ZipDirectory read(ByteSource file, Guard guard) throws IOException { return new Reader(file, guard).directory(); }

  private static final class Reader {
    private final ByteSource file;
    private final Guard guard;
    private final long size;

    Reader(ByteSource file, Guard guard) throws IOException {
      this.file = file;
      this.guard = guard;
      this.size = file.size();
    }

    private ByteCursor cursor(long begin, long end) {
      return new ByteCursor(file, begin, end, guard, Reason.ZIP_TRUNCATED);
    }

    ZipDirectory directory() throws IOException {
      guard.enter("");
      long end = end();
      ByteCursor last = cursor(end + 4, size);
      long disks = last.u32();
      long here = last.u16();
      long count = last.u16();
      long bytes = last.u32();
      long begin = last.u32();
      guard.check(disks == 0 && here == count, Reason.ZIP_SPLIT, "an archive in several parts; needs one file");
      long until = end;
      if (end >= LOCATOR_BYTES && cursor(end - LOCATOR_BYTES, end).i32() == LOCATOR) {
        until = cursor(end - LOCATOR_BYTES + 8, end).i64();
        guard.check(until >= 0 && until <= end - LOCATOR_BYTES - LARGE_END_BYTES, Reason.ZIP_DISAGREES,
            "its zip64 directory at %d, beyond the end of the entries", until);
        ByteCursor large = cursor(until, end);
        guard.check(large.i32() == LARGE_END, Reason.ZIP_RECORD, "no zip64 directory at byte %d", until);
        large.skip(12);
        guard.check(large.i64() == 0, Reason.ZIP_SPLIT, "an archive in several parts; needs one file");
        large.skip(8);
        count = agreed(count, 0xffff, large.i64());
        bytes = agreed(bytes, IN_EXTRA, large.i64());
        begin = agreed(begin, IN_EXTRA, large.i64());
      }
      guard.check(count >= 0 && count <= MAX_ENTRIES, Reason.TOO_MANY_ENTRIES, "%s entries; at most %d", Long.toUnsignedString(
          count), MAX_ENTRIES);
      guard.check(begin >= 0 && bytes >= 0 && begin <= until && bytes == until - begin, Reason.ZIP_DISAGREES,
          "its directory of %s bytes at %s does not end where the archive does", Long.toUnsignedString(bytes), Long
              .toUnsignedString(begin));
      return entries(begin, until, count);
    }

    /// Where the last record begins: at the only place from which its comment reaches to the end of the file.
    private long end() throws IOException {
      if (size < END_BYTES) throw guard.refusal(Reason.TOO_SHORT, "%d bytes are no zip archive", size);
      int length = (int) Math.min(size, END_BYTES + MAX_COMMENT);
      byte[] tail = file.read(size - length, length);
      for (int at = length - END_BYTES; at >= 0; at--) {
        if (tail[at] != 'P' || tail[at + 1] != 'K' || tail[at + 2] != 5 || tail[at + 3] != 6) continue;
        int comment = tail[at + 20] & 0xff | (tail[at + 21] & 0xff) << 8;
        if (at + END_BYTES + comment == length) return size - length + at;
      }
      throw guard.refusal(Reason.ZIP_END, "a zip archive without its end; the download is not complete");
    }

    /// A number that both ends give: in the small one it may say only that it is in the large one.
    private long agreed(long small, long elsewhere, long large) throws ModelFormatException {
      guard.check(small == elsewhere || small == large, Reason.ZIP_DISAGREES, "its two ends say %d and %s", small, Long
          .toUnsignedString(large));
      return large;
    }

    private ZipDirectory entries(long begin, long until, long count) throws IOException {
      Map<String, Entry> entries = new LinkedHashMap<>();
      ByteCursor cursor = cursor(begin, until);
      for (long i = 0; i < count; i++) {
        Entry entry = entry(cursor);
        guard.enter(entry.name);
        guard.check(entries.put(entry.name, entry) == null, Reason.NAME_TWICE, "in the archive twice");
        guard.enter("");
      }
      guard.check(cursor.remaining() == 0, Reason.ZIP_DISAGREES, "%d bytes after the last entry of its directory", cursor
          .remaining());
      checkCover(entries, begin);
      return new ZipDirectory(Collections.unmodifiableMap(entries));
    }

    private Entry entry(ByteCursor cursor) throws IOException {
      guard.check(cursor.remaining() >= RECORD_BYTES && cursor.i32() == RECORD, Reason.ZIP_RECORD,
          "no entry at byte %d of its directory", cursor.position());
      cursor.skip(4);
      int flags = cursor.u16();
      int method = cursor.u16();
      cursor.skip(4);
      long crc = cursor.u32();
      long packed = cursor.u32();
      long length = cursor.u32();
      int nameBytes = cursor.u16();
      int extraBytes = cursor.u16();
      int commentBytes = cursor.u16();
      int disk = cursor.u16();
      cursor.skip(6);
      long header = cursor.u32();
      String name = cursor.text(nameBytes);
      guard.enter(name);
      guard.check(isPlain(name), Reason.ZIP_NAME, "not a name within the archive");
      guard.check((flags & ENCRYPTED) == 0, Reason.ZIP_ENCRYPTED, "encrypted; needs plain entries");
      guard.check(method == 0, Reason.ZIP_COMPRESSED, "compressed by method %d; needs stored entries, as torch.save writes them",
          method);
      guard.check(disk == 0, Reason.ZIP_SPLIT, "in another part of the archive; needs one file");
      long[] sizes = {length, packed, header};
      large(cursor, extraBytes, sizes);
      cursor.skip(commentBytes);
      guard.check(sizes[0] == sizes[1], Reason.ZIP_DISAGREES, "%d bytes stored as %d", sizes[0], sizes[1]);
      return located(name, sizes[2], sizes[0], crc, nameBytes);
    }

    /// Replaces the sizes that did not fit in 32 bits, in the order in which the extra field holds them.
    private void large(ByteCursor cursor, int extraBytes, long[] sizes) throws IOException {
      long end = cursor.position() + extraBytes;
      while (end - cursor.position() >= 4) {
        int kind = cursor.u16();
        long next = cursor.position() + 2 + cursor.u16();
        guard.check(next <= end, Reason.ZIP_EXTRA, "an extra field longer than its room");
        for (int i = 0; i < sizes.length && kind == LARGE_EXTRA; i++) {
          if (sizes[i] == IN_EXTRA && next - cursor.position() >= 8) sizes[i] = cursor.i64();
        }
        cursor.skip(next - cursor.position());
      }
      cursor.skip(end - cursor.position());
    }

    private static boolean isPlain(String name) {
      boolean plain = name.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':');
      return plain && !OUTWARD.matcher(name).find();
    }

    /// The entry, once its own header says the same.
    private Entry located(String name, long header, long length, long crc, int nameBytes) throws IOException {
      guard.check(header >= 0 && header <= size - LOCAL_BYTES, Reason.ZIP_OUTSIDE, "at %s, beyond the end of the file", Long
          .toUnsignedString(header));
      ByteCursor cursor = new ByteCursor(file, header, Math.min(size, header + LOCAL_BYTES + nameBytes), guard,
          Reason.ZIP_TRUNCATED);
      guard.check(cursor.i32() == LOCAL, Reason.ZIP_RECORD, "no entry at byte %d", header);
      cursor.skip(2);
      int flags = cursor.u16();
      int method = cursor.u16();
      cursor.skip(8);
      long packed = cursor.u32();
      long plain = cursor.u32();
      boolean same = cursor.u16() == nameBytes && method == 0 && (flags & ENCRYPTED) == 0;
      int extraBytes = cursor.u16();
      boolean sized = (flags & SIZES_FOLLOW) != 0 || plain == IN_EXTRA || plain == length && packed == length;
      guard.check(same && sized && cursor.text(nameBytes).equals(name), Reason.ZIP_DISAGREES,
          "the archive's directory and the entry itself differ");
      Entry entry = new Entry(name, header, Sizes.add(cursor.position(), extraBytes), length, crc, (flags & SIZES_FOLLOW) != 0);
      guard.check(length >= 0 && entry.begin <= size && length <= size - entry.begin, Reason.ZIP_OUTSIDE,
          "%s bytes at %d, beyond the end of the file", Long.toUnsignedString(length), entry.begin);
      return entry;
    }

    /// Entries follow each other without a gap, and the directory follows them: no byte belongs to two of them, or to none.
    private void checkCover(Map<String, Entry> entries, long directory) throws IOException {
      List<Entry> sorted = new ArrayList<>(entries.values());
      sorted.sort(Comparator.comparingLong(Entry::header));
      long covered = 0;
      for (int i = 0; i < sorted.size(); i++) {
        Entry entry = sorted.get(i);
        long next = i + 1 < sorted.size() ? sorted.get(i + 1).header : directory;
        guard.enter(entry.name);
        guard.check(entry.header <= covered, Reason.HOLE, "begins at %d; the entry before ends at %d", entry.header, covered);
        guard.check(next >= entry.end(), Reason.OVERLAP, "ends at %d; what follows begins at %d", entry.end(), next);
        covered = entry.end() + (entry.trailed ? trailer(entry, next - entry.end()) : 0);
      }
      guard.enter("");
      guard.check(covered >= directory, Reason.HOLE, "its directory begins at %d; the last entry ends at %d", directory, covered);
    }

    /// How long the record after an entry is, which gives its checksum once more.
    private long trailer(Entry entry, long room) throws IOException {
      int length = room >= LARGE_TRAILER_BYTES ? LARGE_TRAILER_BYTES : TRAILER_BYTES;
      ByteCursor cursor = cursor(entry.end(), entry.end() + Math.min(room, length));
      guard.check(cursor.i32() == TRAILER && cursor.u32() == entry.crc, Reason.ZIP_DISAGREES,
          "what follows its %d bytes is not their checksum", entry.length);
      return length;
    }
  }
}
