package dev.raiju.training.loop;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32C;

/// The metrics of a run as the event file that TensorBoard reads: a record for each step, each with its length, its bytes, and a
/// checksum of either.
///
/// The file only grows, unless a run goes back. All events carry the time at which the file was begun, since a run does not remember when its steps were taken; the step is
/// what to draw against.
final class TensorBoard {
  /// TensorBoard knows its files by the middle part.
  static final String FILE = "events.out.tfevents.raiju";

  private static final int LENGTH_BYTES = Long.BYTES;
  private static final int CHECK_BYTES = Integer.BYTES;
  /// Of the time in the first event: after the record's head and the field's tag.
  private static final int TIME_AT = LENGTH_BYTES + CHECK_BYTES + 1;

  private TensorBoard() {}

  /// The file of a run so far.
  ///
  /// @param before the same file as it was written last, if it was
  static byte[] events(Optional<byte[]> before, History history) {
    double begun = before.filter(file -> file.length >= TIME_AT + Double.BYTES).map(file -> little(file).getDouble(TIME_AT))
        .orElseGet(() -> System.currentTimeMillis() / 1e3);
    return events(begun, history);
  }

  /// @param begun seconds since 1970
  static byte[] events(double begun, History history) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    record(out, new Message().float64(1, begun).bytes(3, utf8("brain.Event:2")).toBytes());
    double[][] columns = history.names().stream().map(history::column).toArray(double[][]::new);
    for (int i = 0; i < history.steps(); i++) {
      Message summary = new Message();
      for (int k = 0; k < columns.length; k++) {
        if (Double.isNaN(columns[k][i])) continue;
        Message value = new Message().bytes(1, utf8(history.names().get(k))).float32(2, (float) columns[k][i]);
        summary.bytes(1, value.toBytes());
      }
      record(out, new Message().float64(1, begun).varint(2, i + 1L).bytes(5, summary.toBytes()).toBytes());
    }
    return out.toByteArray();
  }

  private static byte[] utf8(String text) { return text.getBytes(StandardCharsets.UTF_8); }

  private static ByteBuffer little(byte[] bytes) { return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN); }

  private static void record(ByteArrayOutputStream out, byte[] data) {
    byte[] length = little(new byte[LENGTH_BYTES]).putLong(data.length).array();
    for (byte[] part : new byte[][] {length, data}) {
      out.writeBytes(part);
      out.writeBytes(little(new byte[CHECK_BYTES]).putInt(check(part)).array());
    }
  }

  /// CRC-32C, turned and shifted so that the checksum of data that holds checksums stays a good one.
  private static int check(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  /// The fields of one protobuf message.
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message varint(int field, long value) { return number((long) field << 3).number(value); }

    Message float64(int field, double value) {
      number((long) field << 3 | 1);
      out.writeBytes(little(new byte[Double.BYTES]).putDouble(value).array());
      return this;
    }

    Message float32(int field, float value) {
      number((long) field << 3 | 5);
      out.writeBytes(little(new byte[Float.BYTES]).putFloat(value).array());
      return this;
    }

    Message bytes(int field, byte[] value) {
      number((long) field << 3 | 2).number(value.length);
      out.writeBytes(value);
      return this;
    }

    private Message number(long value) {
      long left = value;
      for (; (left & ~0x7FL) != 0; left >>>= 7) out.write((int) left & 0x7F | 0x80);
      out.write((int) left);
      return this;
    }

    byte[] toBytes() { return out.toByteArray(); }
  }
}
