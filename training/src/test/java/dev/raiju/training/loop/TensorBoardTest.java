package dev.raiju.training.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Reads event files with a reader of its own: framing, checksums bit by bit, and protobuf.
final class TensorBoardTest {
  private static History history(int steps) {
    History history = new History();
    for (int i = 1; i <= steps; i++) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("loss", 1.0 / i);
      values.put("gradient norm", i == 2 ? Double.NaN : i * 1000.5);
      history.add(new Metrics(values, true));
    }
    return history;
  }

  /// @param step 0 for the first event, which has the version
  private record Event(double time, long step, String version, Map<String, Float> values) {}

  private static int check(byte[] data) {
    int crc = ~0;
    for (byte b : data) {
      crc ^= b & 0xff;
      for (int k = 0; k < 8; k++) crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
    }
    crc = ~crc;
    return (crc >>> 15 | crc << 17) + 0xa282ead8;
  }

  private static List<Event> read(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(in.position(), length);
      byte[] data = new byte[Math.toIntExact(in.getLong())];
      assertEquals(check(length), in.getInt(), "checksum of a length");
      in.get(data);
      assertEquals(check(data), in.getInt(), "checksum of an event");
      events.add(event(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN)));
    }
    return events;
  }

  private static Event event(ByteBuffer in) {
    double time = Double.NaN;
    long step = 0;
    String version = "";
    Map<String, Float> values = new HashMap<>();
    while (in.hasRemaining()) {
      switch (in.get()) {
        case 1 << 3 | 1 -> time = in.getDouble();
        case 2 << 3 -> step = varint(in);
        case 3 << 3 | 2 -> version = text(part(in));
        case 5 << 3 | 2 -> {
          ByteBuffer summary = part(in);
          while (summary.hasRemaining()) {
            assertEquals(1 << 3 | 2, summary.get());
            ByteBuffer value = part(summary);
            assertEquals(1 << 3 | 2, value.get());
            String tag = text(part(value));
            assertEquals(2 << 3 | 5, value.get());
            values.put(tag, value.getFloat());
          }
        }
        default -> throw new AssertionError("a field that no event has");
      }
    }
    return new Event(time, step, version, values);
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0;; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) return value;
    }
  }

  private static ByteBuffer part(ByteBuffer in) {
    int length = Math.toIntExact(varint(in));
    ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + length);
    return part;
  }

  private static String text(ByteBuffer in) { return StandardCharsets.UTF_8.decode(in).toString(); }

  @Test
  void anotherReaderGetsEveryValue() {
    List<Event> events = read(TensorBoard.events(1234.5, history(300)));
    assertEquals(301, events.size());
    assertEquals(new Event(1234.5, 0, "brain.Event:2", Map.of()), events.getFirst());
    assertEquals(Map.of("loss", 0.5f), events.get(2).values(), "what was not measured is left out");
    assertEquals(new Event(1234.5, 300, "", Map.of("loss", 1 / 300f, "gradient norm", 300150f)), events.getLast());
  }

  @Test
  void growsWithTheRunAndStartsAgainWithAnother() {
    byte[] before = TensorBoard.events(Optional.empty(), history(2));
    assertNotEquals(0, read(before).getFirst().time());
    byte[] after = TensorBoard.events(Optional.of(before), history(5));
    assertEquals(6, read(after).size());
    assertArrayEquals(before, Arrays.copyOf(after, before.length));
    // a run that went back to an earlier state has fewer steps
    assertEquals(2, read(TensorBoard.events(Optional.of(after), history(1))).size());
  }
}
