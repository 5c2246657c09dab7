package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.io.ModelFormatException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files at the limits of what is allowed: they must be read.
class LegalExtremesTest {
  @TempDir
  Path directory;

  private SafeTensors open(byte[] bytes) throws IOException {
    return SafeTensors.open(Files.write(directory.resolve("x.safetensors"), bytes));
  }

  @Test
  void noTensors() throws Exception {
    try (SafeTensors file = open(Fixtures.safetensors("{}", 0))) {
      assertEquals(Map.of(), file.entries());
      assertEquals(Map.of(), file.metadata());
    }
    assertArrayEquals(Fixtures.safetensors("{}      ", 0), Fixtures.contents(SafeTensors.contents(Map.of(), Map.of())));
  }

  @Test
  void emptyTensorsBetweenOthers() throws Exception {
    String empty = "{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}";
    String header = "{\"a\":" + empty.formatted("0", 0, 0) + ",\"b\":" + empty.formatted("1", 0, 4) + ",\"c\":" + empty.formatted(
        "3,0,9223372036854775807", 4, 4).replace("9223372036854775807", "768614336404564650") + ",\"d\":" + empty.formatted("", 4,
            8)
        + ",\"e\":" + empty.formatted("2,0", 8, 8) + "}";
    try (Scope _ = Scope.open(); SafeTensors file = open(Fixtures.safetensors(header, 8))) {
      assertEquals(List.of("a", "b", "c", "d", "e"), List.copyOf(file.entries().keySet()));
      for (String name : List.of("a", "c", "e")) assertEquals(0, file.tensor(name, Device.reference()).toFloats().length);
      assertEquals(0, file.tensor("d", Device.reference()).item());
    }
  }

  @Test
  void eightAxesAndLongNames() throws Exception {
    String name = "中".repeat(1365) + "a";
    assertEquals(4096, name.getBytes(StandardCharsets.UTF_8).length);
    try (SafeTensors file = open(Fixtures.safetensors("{\"" + name
        + "\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,2],\"data_offsets\":[0,2]}}", 2))) {
      assertEquals(Spec.of(DType.U8, 1, 1, 1, 1, 1, 1, 1, 2), file.spec(name));
    }
    try (SafeTensors file = open(Fixtures.safetensors("{\"\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}", 1))) {
      assertEquals(Spec.of(DType.U8), file.spec(""));
    }
  }

  @Test
  void whiteSpaceWhereJsonAllowsIt() throws Exception {
    try (SafeTensors file = open(Fixtures.safetensors(
        "{ \"a\"\n:\t{\"data_offsets\" : [ 0 , 1 ] , \"shape\":[ ],\r\n\"dtype\":\"U8\" } } \n", 1))) {
      assertEquals(Spec.of(DType.U8), file.spec("a"));
    }
  }

  @Test
  void aHeaderAtTheLimit() throws Exception {
    byte[] json = new byte[SafeTensorsHeader.MAX_BYTES];
    Arrays.fill(json, (byte) ' ');
    json[0] = '{';
    json[json.length - 1] = '}';
    assertEquals(Map.of(), SafeTensorsHeader.read(header(json.length, json), new Guard("x")).entries());
    var refused = assertThrows(ModelFormatException.class, () -> SafeTensorsHeader.read(header(json.length + 1, json), new Guard(
        "x")));
    assertEquals(Reason.HEADER_TOO_LARGE, refused.reason());
  }

  /// A file with a header that says it has `length` bytes.
  private static ByteSource header(long length, byte[] json) {
    return new ByteSource() {
      @Override
      public long size() { return 8 + length; }

      @Override
      public byte[] read(long offset, int count) {
        if (offset == 8) return json;
        return Arrays.copyOf(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array(), count);
      }
    };
  }

  @Test
  void fiveGigabytesOfWhichNearlyNoneAreThere() throws Exception {
    long elements = 1_250_000_000;
    byte[] start = Fixtures.safetensors("{\"w\":{\"dtype\":\"F32\",\"shape\":[2," + elements / 2 + "],\"data_offsets\":[0," + 4
        * elements + "]}}", 0);
    Path path = directory.resolve("large.safetensors");
    try (FileChannel out = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(start));
      out.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 2.5f), start.length + 4 * (elements - 1));
      out.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 1.5f), start.length + 2 * elements);
    }
    long begin = System.nanoTime();
    try (Scope _ = Scope.open(); SafeTensors file = SafeTensors.open(path)) {
      Tensor w = file.tensor("w", Device.reference());
      assertEquals(2.5, w.slice(0, 1, 1).slice(1, elements / 2 - 1, 1).item());
      assertEquals(1.5, w.slice(0, 1, 1).slice(1, 0, 1).item());
      assertEquals(0, w.slice(0, 1, 1).slice(1, 1, 1).item());
    }
    assertTrue(System.nanoTime() - begin < 1_000_000_000L, "values were read that nobody asked for");
  }

  @Test
  void aHundredThousandEntriesInTimeProportionalToThem() throws Exception {
    seconds(100_000);
    double small = seconds(10_000);
    double large = seconds(100_000);
    assertTrue(large < 2, "100,000 entries take " + large + " s");
    // quadratic would be 100
    assertTrue(large < 20 * small, large + " s against " + small + " s for a tenth");
  }

  @Test
  void aHundredThousandEntriesInMemoryProportionalToThem() throws Exception {
    Path path = many(100_000);
    long allocated = Resources.allocatedBytes();
    long held = Resources.heldBytes();
    try (SafeTensors file = SafeTensors.open(path)) {
      held = Resources.heldBytes() - held;
      allocated = Resources.allocatedBytes() - allocated;
      long bound = Resources.FREE_BYTES + 4 * Files.size(path);
      assertTrue(held < bound && allocated < 2 * bound, file.entries().size() + " entries hold " + held + " of " + allocated);
    }
  }

  private Path many(int entries) throws Exception {
    StringBuilder json = new StringBuilder();
    for (int i = 0; i < entries; i++) {
      json.append(i == 0 ? "{" : ",").append("\"blocks.").append(i).append(
          ".weight\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[").append(i).append(',').append(i + 1).append("]}");
    }
    return Files.write(directory.resolve("many" + entries), Fixtures.safetensors(json.append('}').toString(), entries));
  }

  private double seconds(int entries) throws Exception {
    Path path = many(entries);
    double best = Double.MAX_VALUE;
    for (int run = 0; run < 6; run++) {
      long begin = Resources.cpuNanos();
      try (SafeTensors file = SafeTensors.open(path);
          Tensor last = file.tensor("blocks." + (entries - 1) + ".weight", Device
              .reference())) {
        assertEquals(0, last.item());
      }
      best = Math.min(best, (Resources.cpuNanos() - begin) * 1e-9);
    }
    return best;
  }
}
