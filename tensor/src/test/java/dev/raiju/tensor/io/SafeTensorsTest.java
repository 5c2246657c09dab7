package dev.raiju.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.tensor.DType;
import dev.raiju.tensor.Device;
import dev.raiju.tensor.Scope;
import dev.raiju.tensor.Shape;
import dev.raiju.tensor.Spec;
import dev.raiju.tensor.Tensor;
import dev.raiju.tensor.backend.HostBuffer;
import dev.raiju.tensor.backend.HostMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SafeTensorsTest {
  private static final Device REFERENCE = Device.reference();

  @TempDir
  Path directory;

  private SafeTensors open(String fixture) throws Exception { return SafeTensors.open(Fixtures.copy(fixture, directory)); }

  /// The numbers are what NumPy reads at the same offsets.
  @Test
  void readsWhatTheReferenceImplementationWrote() throws Exception {
    try (Scope _ = Scope.open(); SafeTensors file = open("weights.safetensors")) {
      assertEquals(Map.of("note", "the tensors that weights.pth and nested.pth must give"), file.metadata());
      assertEquals(List.of("b.i64", "a.f64", "a.f32", "c.empty", "c.scalar", "d.param", "d.view.rows", "d.view.transposed",
          "b.i32",
          "a.bf16", "a.f16", "b.i16", "b.i8", "b.u8", "b.bool"), List.copyOf(file.entries().keySet()));
      assertEquals(Spec.of(DType.BF16, 2, 3, 7), file.spec("a.bf16"));
      check(file, "b.i64", 2442780380027.0, 576666740940.0, 492045427556.0);
      check(file, "a.f64", -3.406405705958605, 0.04822569712996483, 0.3234737813472748);
      check(file, "a.f32", 0.2279057390987873, -0.8881182074546814, 1.558449149131775);
      check(file, "c.empty", 0);
      check(file, "c.scalar", 14.25, 14.25);
      check(file, "d.param", 6.300611248239875, -0.45108693838119507, 0.4171539843082428);
      check(file, "d.view.rows", -8.482827808707952, 0.7641916275024414, -0.8402853608131409);
      check(file, "d.view.transposed", -16.66709009720944, -0.3531515896320343, -1.6394644975662231);
      check(file, "b.i32", -1577968055, -570919823, -775053504);
      check(file, "a.bf16", -3.2821044921875, 0.177734375, -0.134765625);
      check(file, "a.f16", -3.631134033203125, -0.9306640625, -0.716796875);
      check(file, "b.i16", 15448, 8636, -5403);
      check(file, "b.i8", 49, 118, 24);
      check(file, "b.u8", 703, 20, 28);
      check(file, "b.bool", 4, 1, 1);
    }
  }

  private static void check(SafeTensors file, String name, double sum, double... first) throws Exception {
    double[] values = file.tensor(name, REFERENCE).toDoubles();
    assertArrayEquals(first, Arrays.copyOf(values, first.length), name);
    assertEquals(sum, Arrays.stream(values).sum(), 1e-12 * Math.abs(sum), name);
  }

  @Test
  void readsBytesWhereTheHeaderSaysTheyAre() throws Exception {
    for (String name : Fixtures.SAFETENSORS) {
      ByteBuffer bytes = ByteBuffer.wrap(Fixtures.bytes(name)).order(ByteOrder.LITTLE_ENDIAN);
      int data = 8 + (int) bytes.getLong(0);
      try (Scope _ = Scope.open(); SafeTensors file = open(name)) {
        int at = data;
        for (String entry : file.entries().keySet()) {
          byte[] found = file.tensor(entry, REFERENCE).toBytes();
          assertArrayEquals(Arrays.copyOfRange(bytes.array(), at, at + found.length), found, entry);
          at += found.length;
        }
        assertEquals(bytes.capacity(), at);
      }
    }
  }

  @Test
  void eightBitFloatsAreReadAsPyTorchReadsThem() throws Exception {
    try (Scope _ = Scope.open();
        SafeTensors codes = open("fp8.safetensors");
        SafeTensors values = open(
            "fp8_expected.safetensors")) {
      for (String name : codes.entries().keySet()) {
        float[] found = codes.tensor(name, REFERENCE).to(DType.F32).toFloats();
        assertArrayEquals(values.tensor(name, REFERENCE).toFloats(), found, name);
      }
      assertEquals(Spec.of(DType.F8_E4M3, 64, 33), codes.spec("w.e4m3"));
    }
  }

  static List<String> fixtures() { return Fixtures.SAFETENSORS; }

  @ParameterizedTest
  @MethodSource("fixtures")
  void writesTheSameBytesAsTheReferenceImplementation(String name) throws Exception {
    try (SafeTensors file = open(name); Scope _ = Scope.open()) {
      Path copy = directory.resolve("copy.safetensors");
      SafeTensors.write(copy, SafeTensorsRoundTripTest.tensors(file), file.metadata());
      assertArrayEquals(Fixtures.bytes(name), Files.readAllBytes(copy));
    }
  }

  @Test
  void tensorsLieInTheMappedFile() throws Exception {
    long buffers = HostMemory.liveBuffers();
    try (SafeTensors file = open("weights.safetensors"); Tensor t = file.tensor("a.f16", REFERENCE)) {
      assertEquals(buffers, HostMemory.liveBuffers());
      // a page, and in it the place in the file
      assertEquals((8 + 1056 + 1880) % 4096, t.address() % 4096);
      assertTrue(((HostBuffer) t.buffer()).segment().isReadOnly());
    }
  }

  @Test
  void theMappingLivesAsLongAsATensorOverIt() throws Exception {
    SafeTensors file = open("weights.safetensors");
    Tensor t = file.tensor("a.f32", REFERENCE);
    Tensor other = file.tensor("a.f32", REFERENCE);
    var memory = ((HostBuffer) t.buffer()).segment();
    file.close();
    file.close();
    assertThrows(IllegalStateException.class, () -> file.tensor("a.f32", REFERENCE));
    Files.delete(directory.resolve("weights.safetensors"));
    Tensor flat = t.reshape(49);
    Tensor view = flat.slice(0, 0, 1);
    flat.close();
    t.close();
    other.close();
    assertTrue(memory.scope().isAlive());
    assertEquals(-0.8881182074546814f, view.toFloats()[0]);
    view.close();
    assertFalse(memory.scope().isAlive());
    assertThrows(IllegalStateException.class, view::toFloats);
  }

  @Test
  void otherDevicesGetACopy() throws Exception {
    Device elsewhere = Device.of(new FarMemory());
    try (SafeTensors file = open("weights.safetensors"); Scope _ = Scope.open()) {
      Tensor far = file.tensor("d.view.transposed", elsewhere);
      Tensor near = file.tensor("d.view.transposed", REFERENCE);
      assertArrayEquals(near.toFloats(), far.toFloats());
      Path copy = directory.resolve("copy");
      SafeTensors.write(copy, Map.of("w", far), Map.of());
      try (SafeTensors again = SafeTensors.open(copy)) {
        assertArrayEquals(near.toFloats(), again.tensor("w", REFERENCE).toFloats());
      }
    }
  }

  @Test
  void aTensorMayBeAskedForByItsShape() throws Exception {
    try (SafeTensors file = open("weights.safetensors"); Scope _ = Scope.open()) {
      assertEquals(Shape.of(7, 7), file.tensor("a.f32", Shape.of(7, 7), REFERENCE).shape());
      String message = assertThrows(ModelFormatException.class, () -> file.tensor("a.f32", Shape.of(7, 8), REFERENCE))
          .getMessage();
      assertEquals(directory.resolve("weights.safetensors") + ": a.f32: shape [7, 7] in the file; the model has [7, 8]", message);
      message = assertThrows(ModelFormatException.class, () -> file.spec("d.parma")).getMessage();
      assertEquals(directory.resolve("weights.safetensors") + ": d.parma: not in the file; did you mean d.param?", message);
    }
  }

  @Test
  void viewsAreWrittenAsTheyRead() throws Exception {
    try (Scope _ = Scope.open()) {
      Tensor base = Tensor.iota(DType.I32, 24, REFERENCE).reshape(2, 3, 4);
      Map<String, Tensor> views = Map.of("permuted", base.permute(2, 0, 1), "sliced", base.slice(2, 3, 2, -2), "shifted", base
          .slice(0, 1, 1), "stretched", base.slice(1, 0, 1).broadcast(2, 3, 4));
      Path file = directory.resolve("views");
      SafeTensors.write(file, views, Map.of());
      try (SafeTensors read = SafeTensors.open(file)) {
        for (var view : views.entrySet()) {
          assertArrayEquals(view.getValue().toLongs(), read.tensor(view.getKey(), REFERENCE).toLongs(), view.getKey());
        }
      }
    }
  }

  @Test
  void refusesToWriteWhatTheFormatDoesNotHave() {
    try (Scope _ = Scope.open()) {
      Tensor t = Tensor.zeros(1);
      Tensor blocks = Tensor.over(Spec.of(DType.Q8_G64, 64), HostMemory.allocate(72), REFERENCE);
      refused("safetensors: w: q8_g64 is stored as scales and biases beside codes called ….weight; name it so, or store it in "
          + "another type", "w", blocks);
      refused("safetensors: __metadata__: this name is the format's own", "__metadata__", t);
      refused("safetensors: a name of 4098 bytes; at most 4096", "中".repeat(1366), t);
      refused("json: half of a surrogate pair at 1; needs both", "a\ud800", t);
      Tensor closed = Tensor.zeros(1);
      closed.close();
      assertThrows(IllegalStateException.class, () -> SafeTensors.write(directory.resolve("x"), Map.of("w", closed), Map.of()));
      assertFalse(Files.exists(directory.resolve("x")));
    }
  }

  private void refused(String message, String name, Tensor tensor) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, () -> SafeTensors.write(directory.resolve("x"), Map.of(
        name,
        tensor), Map.of())).getMessage());
    assertFalse(Files.exists(directory.resolve("x")));
  }

  @Test
  void threadsMayShareAFile() throws Exception {
    try (SafeTensors file = open("weights.safetensors")) {
      List<Thread> threads = IntStream.range(0, 4).mapToObj(_ -> Thread.ofPlatform().unstarted(() -> {
        for (int i = 0; i < 500; i++) {
          try (Tensor t = file.tensor("c.scalar", REFERENCE)) {
            assertEquals(14.25, t.item());
          } catch (ModelFormatException e) {
            throw new AssertionError(e);
          }
        }
      })).toList();
      List<Throwable> problems = Collections.synchronizedList(new ArrayList<>());
      threads.forEach(t -> t.setUncaughtExceptionHandler((_, e) -> problems.add(e)));
      threads.forEach(Thread::start);
      for (Thread t : threads) t.join();
      assertEquals(List.of(), problems);
    }
  }

  /// Either the tensor is there, and its values are, or the file says that it was closed.
  @Test
  void closingWhileAnotherThreadTakesATensor() throws Exception {
    Path path = Fixtures.copy("weights.safetensors", directory);
    int taken = 0;
    for (int i = 0; i < 2000; i++) {
      SafeTensors file = SafeTensors.open(path);
      Future<Boolean> taker = ForkJoinPool.commonPool().submit(() -> {
        try (Tensor t = file.tensor("c.scalar", REFERENCE)) {
          assertEquals(14.25, t.item());
          return true;
        } catch (IllegalStateException e) {
          return false;
        }
      });
      for (int spin = i % 64 * 64; spin > 0; spin--) Thread.onSpinWait();
      file.close();
      if (taker.get()) taken++;
    }
    assertTrue(taken > 0 && taken < 2000, taken + " of 2000 came before the close");
  }

  @Test
  void anyAlignmentIsRead() throws Exception {
    byte[] bytes = Fixtures.safetensors("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
        + "\"b\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[1,9]}}  ", 9);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putDouble(bytes.length - 8, Math.PI);
    try (SafeTensors file = SafeTensors.open(Files.write(directory.resolve("x"), bytes));
        Tensor t = file.tensor("b", REFERENCE)) {
      assertNotEquals(0, t.address() % 8);
      assertEquals(Math.PI, t.item());
    }
  }
}
