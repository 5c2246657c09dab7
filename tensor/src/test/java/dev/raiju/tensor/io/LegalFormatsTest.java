package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// GGUF files and files of PyTorch at the limits of what is allowed: they must be read.
class LegalFormatsTest {
  private static final int F32 = 0;

  @TempDir
  Path directory;

  private TensorFile open(byte[] bytes) throws IOException { return TensorFile.open(Files.write(directory.resolve("x"), bytes)); }

  @Test
  void ggufWithoutTensors() throws Exception {
    try (TensorFile file = open(GgufMaker.of(0, 0).make())) {
      assertEquals(Map.of(), file.entries());
      assertEquals(Map.of(), file.metadata());
    }
  }

  @Test
  void ggufWithEmptyTensorsAndScalars() throws Exception {
    byte[] bytes = GgufMaker.of(4, 0).tensor("empty", F32, 0, 0, 7).tensor("scalar", F32, 0).tensor("long", F32, 32, 1, 1, 1, 1,
        1,
        1, 1, 2).tensor("w".repeat(4096), F32, 64, 0).data(64).make();
    try (Scope _ = Scope.open(); TensorFile file = open(bytes)) {
      assertEquals(Spec.of(DType.F32, 7, 0), file.spec("empty"));
      assertEquals(0, file.tensor("scalar", Device.reference()).item());
      assertEquals(Spec.of(DType.F32, 2, 1, 1, 1, 1, 1, 1, 1), file.spec("long"));
      assertEquals(0, file.tensor("w".repeat(4096), Device.reference()).toFloats().length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 64, 4096, 1 << 20})
  void ggufOfAnyAlignment(int alignment) throws Exception {
    GgufMaker maker = GgufMaker.of(1, 1).text("general.alignment").i32(4).i32(alignment).tensor("w", F32, 0, 1);
    int begin = (maker.make().length + alignment - 1) / alignment * alignment;
    byte[] bytes = Arrays.copyOf(maker.make(), begin + 4);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(begin, 2.5f);
    try (Scope _ = Scope.open(); TensorFile file = open(bytes)) {
      assertEquals(2.5, file.tensor("w", Device.reference()).item());
    }
  }

  @Test
  void ggufWithValuesOfEverySize() throws Exception {
    GgufMaker maker = GgufMaker.of(0, 4).text("long").i32(8).text("a".repeat(1 << 17)).text("deep").i32(9).i32(9).i64(1).i32(9)
        .i64(
            1).i32(9).i64(1).i32(0).i64(1).u8(7).text("words").i32(9).i32(8).i64(100_000);
    for (int i = 0; i < 100_000; i++) maker.text("word");
    try (TensorFile file = open(maker.text("none").i32(9).i32(4).i64(0).make())) {
      assertEquals(Map.of("long", "text of 131072 bytes", "deep", "[[[[7]]]]", "words", "100000 values of kind text", "none",
          "[]"),
          file.metadata());
    }
  }

  @Test
  void ggufOfFiveGigabytesOfWhichNearlyNoneAreThere() throws Exception {
    long elements = 1_250_000_000;
    byte[] start = GgufMaker.of(1, 0).tensor("w", F32, 0, elements / 2, 2).data(0).make();
    Path path = directory.resolve("large.gguf");
    try (FileChannel out = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.wrap(start));
      out.write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 2.5f), start.length + 4 * (elements - 1));
    }
    try (Scope _ = Scope.open(); TensorFile file = TensorFile.open(path)) {
      Tensor w = file.tensor("w", Device.reference());
      assertEquals(2.5, w.slice(0, 1, 1).slice(1, elements / 2 - 1, 1).item());
    }
  }

  @Test
  void torchWithoutTensors() throws Exception {
    try (TensorFile file = open(ZipMaker.torch(new PickleMaker().op(0x80, 2, '}').stopped()).make())) {
      assertEquals(Map.of(), file.entries());
    }
  }

  @Test
  void torchInALargeArchiveWithAComment() throws Exception {
    ZipMaker zip = ZipMaker.torch(PickleMaker.sound().stopped());
    zip.large = true;
    zip.comment = Fixtures.latin("PK\5\6 is not the end");
    zip.parts.add(new ZipMaker.Part("x/empty/", new byte[0]));
    try (Scope _ = Scope.open(); TensorFile file = open(zip.make())) {
      assertArrayEquals(new float[2], file.tensor("w", Device.reference()).toFloats());
    }
  }

  @Test
  void torchWithStridesOfWhatIsNotThere() throws Exception {
    PickleMaker maker = new PickleMaker().op("]");
    long[][][] views = {{{0, 5}, {7, 1}}, {{1, 2}, {1L << 40, 1}}, {{2, 1}, {1, 1L << 40}}, {{}, {}}, {{2}, {1}}};
    for (long[][] view : views) maker.tensor("0", 2, 0, view[0], view[1]).op("a");
    try (Scope _ = Scope.open(); TensorFile file = open(ZipMaker.torch(maker.stopped()).make())) {
      assertEquals(List.of("0", "1", "2", "3", "4"), List.copyOf(file.entries().keySet()));
      for (String name : file.entries().keySet()) file.tensor(name, Device.reference()).copy();
    }
  }

  /// Names that Java's maps put into one bin: `Aa` and `BB` have the same hash.
  @Test
  void manyKeysOfOneHashTakeNoLonger() throws Exception {
    PickleMaker maker = new PickleMaker().op("}");
    for (int i = 0; i < 1 << 15; i++) {
      StringBuilder name = new StringBuilder();
      for (int bit = 0; bit < 15; bit++) name.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      maker.text(name.toString()).op("Ns");
    }
    byte[] bytes = ZipMaker.torch(maker.stopped()).make();
    long begin = Resources.cpuNanos();
    open(bytes).close();
    assertTrue(Resources.cpuNanos() - begin < 3_000_000_000L, "quadratic in the number of keys");
  }

  private static byte[] gguf(int entries) {
    GgufMaker maker = GgufMaker.of(entries, 0);
    for (int i = 0; i < entries; i++) maker.tensor("blocks." + i + ".weight", F32, 32L * i, 1);
    return maker.data(32 * entries).make();
  }

  private static byte[] torch(int entries) {
    PickleMaker maker = new PickleMaker().op("}");
    ZipMaker zip = ZipMaker.torch(new byte[0]);
    for (int i = 0; i < entries; i++) {
      maker.text("blocks." + i + ".weight").tensor("t" + i, 1, 0, new long[] {1}, new long[] {1}).op("s");
      zip.parts.add(new ZipMaker.Part("x/data/t" + i, new byte[4]));
    }
    zip.parts.set(0, new ZipMaker.Part("x/data.pkl", maker.stopped()));
    // more than 16 bits hold
    zip.large = true;
    if (entries > 60_000) zip.count = 0xffff - zip.parts.size();
    return zip.make();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gguf", "torch"})
  void aHundredThousandEntriesCostTenTimesWhatATenthCosts(String format) throws Exception {
    Path few = Files.write(directory.resolve("few"), format.equals("gguf") ? gguf(10_000) : torch(10_000));
    Path many = Files.write(directory.resolve("many"), format.equals("gguf") ? gguf(100_000) : torch(100_000));
    long held = Resources.heldBytes();
    long allocated = Resources.allocatedBytes();
    try (TensorFile file = TensorFile.open(many)) {
      allocated = Resources.allocatedBytes() - allocated;
      held = Resources.heldBytes() - held;
      long bound = Resources.FREE_BYTES + 4 * Files.size(many);
      assertEquals(100_000, file.entries().size());
      assertTrue(held < bound && allocated < 3 * bound, "holds " + held + " of " + allocated + ", may " + bound);
    }
    double small = seconds(few);
    double large = seconds(many);
    System.out.printf("%s: 10,000 entries %.3f s, 100,000 entries %.3f s, %d bytes held%n", format, small, large, held);
    // measured 8 to 11; quadratic would be 100
    assertTrue(large < 20 * small, large + " s against " + small + " s for a tenth");
  }

  private static double seconds(Path path) throws Exception {
    double best = Double.MAX_VALUE;
    for (int run = 0; run < 3; run++) {
      long begin = Resources.cpuNanos();
      TensorFile.open(path).close();
      best = Math.min(best, (Resources.cpuNanos() - begin) * 1e-9);
    }
    return best;
  }
}
