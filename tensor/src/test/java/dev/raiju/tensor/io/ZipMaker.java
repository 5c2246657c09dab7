package dev.raiju.tensor.io;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/// Writes zip archives of stored entries that may lie in every field.
final class ZipMaker {
  /// One entry, as it is described in the archive's directory and at its own place.
  static final class Part {
    String name;
    String localName;
    byte[] data;
    int flags;
    int method;
    int localMethod;
    int disk;
    long crc;
    long size;
    long packed;
    long localSize;
    /// Added to the offset that is right.
    long shift;
    byte[] extra = {};
    int extraRoom;
    int signature = 0x02014b50;
    int localSignature = 0x04034b50;

    Part(String name, byte[] data) {
      this.name = name;
      this.localName = name;
      this.data = data;
      this.size = data.length;
      this.packed = data.length;
      this.localSize = data.length;
      CRC32 sum = new CRC32();
      sum.update(data);
      this.crc = sum.getValue();
    }
  }

  final List<Part> parts = new ArrayList<>();
  /// Whether a zip64 end comes before the small one; its numbers are those after it.
  boolean large;
  int largeSignature = 0x06064b50;
  long largeShift;
  long largeDisk;
  long largeCount;
  /// Added to the small end's numbers that are right.
  long count;
  long bytes;
  long begin;
  int disk;
  byte[] comment = {};
  int commentRoom;
  byte[] gap = {};
  byte[] before = {};

  /// An archive as PyTorch writes it, of this pickle and one storage of eight bytes.
  static ZipMaker torch(byte[] pickle) {
    ZipMaker zip = new ZipMaker();
    zip.parts.add(new Part("x/data.pkl", pickle));
    zip.parts.add(new Part("x/byteorder", Fixtures.latin("little")));
    zip.parts.add(new Part("x/data/0", new byte[8]));
    return zip;
  }

  byte[] make() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    out.writeBytes(before);
    for (Part part : parts) {
      long at = out.size() + part.shift;
      byte[] local = part.localName.getBytes(StandardCharsets.UTF_8);
      out.writeBytes(record(part.localSignature, 30).putShort(6, (short) part.flags).putShort(8, (short) part.localMethod).putInt(
          14,
          (int) part.crc).putInt(18, (int) part.localSize).putInt(22, (int) part.localSize).putShort(26, (short) local.length)
          .array());
      out.writeBytes(local);
      out.writeBytes(part.data);
      if (part.signature == -1) continue;
      byte[] name = part.name.getBytes(StandardCharsets.UTF_8);
      directory.writeBytes(record(part.signature, 46).putShort(8, (short) part.flags).putShort(10, (short) part.method).putInt(16,
          (int) part.crc).putInt(20, (int) part.packed).putInt(24, (int) part.size).putShort(28, (short) name.length).putShort(30,
              (short) (part.extra.length + part.extraRoom)).putShort(34, (short) part.disk).putInt(42, (int) at).array());
      directory.writeBytes(name);
      directory.writeBytes(part.extra);
    }
    out.writeBytes(gap);
    long start = out.size();
    out.writeBytes(directory.toByteArray());
    if (large) {
      long end = out.size();
      out.writeBytes(record(largeSignature, 56).putLong(4, 44).putLong(16, largeDisk).putLong(24, parts.size() + largeCount)
          .putLong(32, parts
              .size() + largeCount).putLong(40, directory.size()).putLong(48, start).array());
      out.writeBytes(record(0x07064b50, 20).putLong(8, end + largeShift).putInt(16, 1).array());
    }
    out.writeBytes(record(0x06054b50, 22).putShort(4, (short) disk).putShort(8, (short) (parts.size() + count)).putShort(10,
        (short) (parts
            .size() + count)).putInt(12, (int) (directory.size() + bytes)).putInt(16, (int) (start + begin)).putShort(20,
                (short) (comment.length + commentRoom)).array());
    out.writeBytes(comment);
    return out.toByteArray();
  }

  /// A record to be filled, which begins with this number.
  private static ByteBuffer record(int signature, int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putInt(0, signature);
  }
}
