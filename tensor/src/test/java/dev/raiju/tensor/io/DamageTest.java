package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every fixture, cut at every byte, and with every single bit of its header flipped.
class DamageTest {
  static Stream<String> safetensors() { return Fixtures.SAFETENSORS.stream(); }

  @ParameterizedTest
  @MethodSource("safetensors")
  void everyTruncationIsRefused(String name) throws IOException {
    byte[] whole = Fixtures.bytes(name);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(ModelFormatException.class, () -> SafeTensorsHeader.read(Fixtures.source(cut), new Guard(name)));
    }
    SafeTensorsHeader.read(Fixtures.source(whole), new Guard(name));
  }

  @ParameterizedTest
  @MethodSource("safetensors")
  void everyFlippedBitIsRefusedOrReadAsWritten(String name) throws Exception {
    byte[] bytes = Fixtures.bytes(name);
    int header = (int) SafeTensorsHeader.read(Fixtures.source(bytes), new Guard(name)).dataBegin();
    int read = 0;
    for (int bit = 0; bit < 8 * header; bit++) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Optional<List<String>> expected = strict(bytes);
      try {
        assertEquals(expected, Optional.of(StrictChecker.lines(SafeTensorsHeader.read(Fixtures.source(bytes), new Guard(name)))));
        read++;
      } catch (ModelFormatException e) {
        if (expected.isPresent()) fail("bit " + bit + ": " + e.getMessage());
      }
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
    // letters of names, and nearly nothing else
    assertTrue(read < 2 * header, read + " of " + 8 * header + " flips were read");
  }

  private static Optional<List<String>> strict(byte[] bytes) {
    try {
      return Optional.of(StrictChecker.safetensors(bytes));
    } catch (StrictChecker.Refused e) {
      return Optional.empty();
    }
  }

  static Stream<String> indices() { return Stream.of(Fixtures.INDEX); }

  @ParameterizedTest
  @MethodSource("indices")
  void everyTruncationOfAnIndexIsRefused(String name) throws IOException {
    byte[] whole = Fixtures.bytes(name);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(ModelFormatException.class, () -> ShardIndex.parse(cut, new Guard(name)));
    }
    assertEquals(15, ShardIndex.parse(whole, new Guard(name)).shards().size());
  }

  @ParameterizedTest
  @MethodSource("indices")
  void everyFlippedBitOfAnIndexIsRefusedOrReadAsWritten(String name) throws Exception {
    byte[] bytes = Fixtures.bytes(name);
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Object expected;
      try {
        expected = StrictChecker.index(bytes);
      } catch (StrictChecker.Refused e) {
        expected = "refused";
      }
      Object found;
      try {
        found = ShardIndex.parse(bytes, new Guard(name)).shards();
      } catch (ModelFormatException e) {
        found = "refused";
      }
      assertEquals(expected, found, "bit " + bit);
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
  }

  /// Of the data of a GGUF file only the padding after them may be missing.
  @Test
  void everyTruncationOfGgufIsRefused() throws IOException {
    byte[] whole = Fixtures.bytes("quants.gguf");
    GgufHeader header = GgufHeader.read(Fixtures.source(whole), new Guard("quants"));
    long end = header.dataBegin() + header.entries().values().stream().mapToLong(GgufHeader.Entry::end).max().orElse(0);
    assertEquals(whole.length, (end + 31) / 32 * 32);
    for (int length = 0; length < end; length++) {
      ByteSource cut = Fixtures.source(Arrays.copyOf(whole, Math.min(length, 4096)), length);
      assertThrows(ModelFormatException.class, () -> GgufHeader.read(cut, new Guard("quants")));
    }
  }

  @Test
  void everyFlippedBitOfAGgufHeaderIsRefusedOrReadAsWritten() throws Exception {
    byte[] bytes = Fixtures.bytes("quants.gguf");
    for (int bit = 0; bit < 8 * 896; bit++) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      Object expected;
      try {
        expected = StrictGguf.lines(bytes);
      } catch (StrictChecker.Refused e) {
        expected = "refused";
      }
      Object found;
      try {
        found = StrictGguf.lines(GgufHeader.read(Fixtures.source(bytes), new Guard("quants")));
      } catch (ModelFormatException e) {
        found = "refused";
      }
      assertEquals(expected, found, "bit " + bit);
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
  }

  static Stream<String> torch() { return Stream.of("tiny.pth", "protocol4.pth", "weights.pth", "nested.pth"); }

  @ParameterizedTest
  @MethodSource("torch")
  void everyTruncationOfATorchFileIsRefused(String name) throws IOException {
    byte[] whole = Fixtures.bytes(name);
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(ModelFormatException.class, () -> TorchZip.read(Fixtures.source(cut), new Guard(name)));
    }
    assertTrue(TorchZip.read(Fixtures.source(whole), new Guard(name)).entries().size() > 2);
  }

  /// The pickle has a checksum, and an archive says everything twice: no bit changes what is read, but for the checksums of the
  /// data, which nobody computes before they are used.
  @ParameterizedTest
  @ValueSource(strings = {"tiny.pth", "protocol4.pth"})
  void everyFlippedBitOfATorchFileIsRefusedOrDoesNotMatter(String name) throws Exception {
    byte[] bytes = Fixtures.bytes(name);
    String expected = described(bytes, name);
    int read = 0;
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      try {
        assertEquals(expected, described(bytes, name), "bit " + bit);
        read++;
      } catch (ModelFormatException e) {
        // as it should be
      }
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
    // a third and more is padding and data
    assertTrue(read < 6 * bytes.length, read + " of " + 8 * bytes.length + " flips were read");
  }

  private static String described(byte[] bytes, String name) throws IOException {
    TorchContents contents = TorchZip.read(Fixtures.source(bytes), new Guard(name));
    return contents.entries() + " " + contents.metadata();
  }
}
