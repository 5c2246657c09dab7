package dev.raiju.export.video;

import dev.raiju.export.video.AvcEncoder.Parameters;
import dev.raiju.export.video.AvcEncoder.Sample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/// An MP4 file of one H.264 track: `ftyp`, the index `moov`, and behind it the pictures in `mdat`, so that a browser can begin
/// before it has all. ISO/IEC 14496-12 and 14496-15.
///
/// A box is: length, four letters, content; all numbers big-endian. Dates are left at zero: the same clip gives the same bytes.
///
/// @param samples the pictures in the order they are shown in
record Mp4File(Parameters parameters, List<Sample> samples, int framesPerSecond) {
  // ITU-T H.273: how to turn the pictures back into sRGB
  static final int PRIMARIES = 1; // BT.709
  static final int TRANSFER = 13; // sRGB
  static final int MATRIX = 6; // BT.601

  /// Units of time per picture.
  private static final int TICKS = 1000;
  private static final int[] IDENTITY = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};

  void writeTo(OutputStream out) throws IOException {
    byte[] type = box("ftyp", letters("isom"), ints(0x200), letters("isomiso2avc1mp41"));
    int pictures = samples.stream().mapToInt(sample -> sample.data().length).reduce(8, Math::addExact);
    // the index is as long with one offset as with another
    int before = type.length + index(0).length + 8;
    out.write(type);
    out.write(index(before));
    out.write(ints(pictures));
    out.write(letters("mdat"));
    for (Sample sample : samples) out.write(sample.data());
  }

  private byte[] index(int firstPicture) {
    int timescale = TICKS * framesPerSecond;
    int duration = Math.multiplyExact(TICKS, samples.size());
    byte[] header = box("mvhd", ints(0, 0, 0, timescale, duration, 0x10000), shorts(0x100, 0), ints(0, 0), ints(IDENTITY),
        ints(new int[6]), ints(2));
    int shownInTheMovie = 3;
    byte[] track = box("tkhd", ints(shownInTheMovie, 0, 0, 1, 0, duration, 0, 0), shorts(0, 0, 0, 0), ints(IDENTITY),
        ints(parameters.width() << 16, parameters.height() << 16));
    int undeterminedLanguage = 0x55c4;
    byte[] media = box("mdhd", ints(0, 0, 0, timescale, duration), shorts(undeterminedLanguage, 0));
    byte[] handler = box("hdlr", ints(0, 0), letters("vide"), ints(0, 0, 0), letters("video\0"));
    byte[] here = box("dinf", box("dref", ints(0, 1), box("url ", ints(1))));
    return box("moov", header, box("trak", track,
        box("mdia", media, handler, box("minf", box("vmhd", ints(1), shorts(0, 0, 0, 0)), here, sampleTable(firstPicture)))));
  }

  /// Where each picture is, how long it is shown, and from which a player may start.
  private byte[] sampleTable(int firstPicture) {
    int count = samples.size();
    int[] sizes = samples.stream().mapToInt(sample -> sample.data().length).toArray();
    int[] keys = IntStream.range(0, count).filter(i -> samples.get(i).isKey()).map(i -> i + 1).toArray();
    return box("stbl", box("stsd", ints(0, 1), sampleEntry()), box("stts", ints(0, 1, count, TICKS)),
        box("stss", ints(0, keys.length), ints(keys)), box("stsc", ints(0, 1, 1, count, 1)), box("stsz", ints(0, 0, count), ints(
            sizes)),
        box("stco", ints(0, 1, firstPicture)));
  }

  private byte[] sampleEntry() {
    int dotsPerInch = 72 << 16;
    byte[] coder = new byte[32];
    return box("avc1", shorts(0, 0, 0, 1), shorts(0, 0), ints(0, 0, 0), shorts(parameters.width(), parameters.height()),
        ints(dotsPerInch, dotsPerInch, 0), shorts(1), coder, shorts(24, 0xffff), decoderConfiguration(), colour(),
        box("pasp", ints(1, 1)));
  }

  private byte[] decoderConfiguration() {
    byte[] sequence = parameters.sequence();
    int lengthsOfFourBytes = 0xfc | 3;
    int oneSequence = 0xe0 | 1;
    return box("avcC", bytes(1, sequence[1], sequence[2], sequence[3], lengthsOfFourBytes, oneSequence), shorts(sequence.length),
        sequence, bytes(1), shorts(parameters.picture().length), parameters.picture());
  }

  private static byte[] colour() {
    int limitedRange = 0;
    return box("colr", letters("nclx"), shorts(PRIMARIES, TRANSFER, MATRIX), bytes(limitedRange));
  }

  private static byte[] box(String type, byte[]... contents) {
    ByteArrayOutputStream box = new ByteArrayOutputStream();
    box.writeBytes(new byte[4]);
    box.writeBytes(letters(type));
    for (byte[] content : contents) box.writeBytes(content);
    byte[] bytes = box.toByteArray();
    ByteBuffer.wrap(bytes).putInt(bytes.length);
    return bytes;
  }

  private static byte[] letters(String text) { return text.getBytes(StandardCharsets.US_ASCII); }

  private static byte[] ints(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length);
    for (int value : values) buffer.putInt(value);
    return buffer.array();
  }

  private static byte[] shorts(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(2 * values.length);
    for (int value : values) buffer.putShort((short) value);
    return buffer.array();
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) values[i];
    return bytes;
  }
}
