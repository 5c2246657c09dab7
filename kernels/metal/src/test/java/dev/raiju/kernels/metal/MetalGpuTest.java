package dev.raiju.kernels.metal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Gpu;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Memory, batches and launches of the host, on the stand-in.
class MetalGpuTest {
  private static final long GIB = 1L << 30;

  private final MetalGpu gpu = StandIn.gpu();

  @AfterEach
  void theHostMadeNoMistake() {
    StandIn.tell("standInDispatchMicros", 10);
    StandIn.tell("standInLimits", 4 * GIB, 8 * GIB);
    StandIn.wasUsedRightly();
  }

  private static Arguments fill(long count, long target, int value) {
    return new Arguments().whole(count).whole(target).whole(value).whole(Integer.BYTES);
  }

  private int[] numbers(long address, int count) {
    int[] numbers = new int[count];
    gpu.read(address, MemorySegment.ofArray(numbers));
    return numbers;
  }

  @Test
  void valuesOfAnyLengthArriveInTheirTurn() {
    long address = gpu.reserve(80_000);
    gpu.write(address, MemorySegment.ofArray(new int[] {1, 2, 3}));
    long copy = gpu.reserve(80_000);
    gpu.copy(copy, address, 12);
    // few wait in the queue, many for the device; what was copied before is not touched
    gpu.write(address, MemorySegment.ofArray(new int[] {4, 5, 6}));
    assertArrayEquals(new int[] {1, 2, 3}, numbers(copy, 3));
    assertArrayEquals(new int[] {4, 5, 6}, numbers(address, 3));
    int[] many = new int[20_000];
    for (int i = 0; i < many.length; i++) many[i] = i * 31;
    gpu.copy(copy, address, 12);
    gpu.write(address, MemorySegment.ofArray(many));
    assertArrayEquals(new int[] {4, 5, 6}, numbers(copy, 3));
    assertArrayEquals(many, numbers(address, many.length));
  }

  @Test
  void rangesAtAnyPlaceAreCopiedAndCleared() {
    long address = gpu.reserve(1000);
    byte[] bytes = new byte[1000];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i * 7 + 1);
    gpu.write(address, MemorySegment.ofArray(bytes));
    byte[] expected = bytes.clone();
    for (int[] range : new int[][] {{500, 3, 77}, {600, 8, 64}, {900, 4, 12}, {702, 30, 10}}) {
      gpu.copy(address + range[0], address + range[1], range[2]);
      System.arraycopy(expected, range[1], expected, range[0], range[2]);
    }
    gpu.clear(address + 13, 5);
    java.util.Arrays.fill(expected, 13, 18, (byte) 0);
    gpu.clear(address + 16, 32);
    java.util.Arrays.fill(expected, 16, 48, (byte) 0);
    byte[] result = new byte[1000];
    gpu.read(address, MemorySegment.ofArray(result));
    assertArrayEquals(expected, result);
  }

  @Test
  void dispatchesAreCommittedTogether() {
    long address = gpu.reserve(4);
    numbers(address, 1);
    long before = gpu.queue().committed();
    for (int i = 0; i < 100; i++) gpu.launch("moves", "fill", 1, fill(1, address, i));
    assertEquals(99, numbers(address, 1)[0]);
    assertEquals(2, gpu.queue().committed() - before);
  }

  /// A command buffer that keeps the GPU for seconds would be stopped by the system.
  @Test
  void batchesOfSlowDispatchesGetShort() {
    long address = gpu.reserve(4);
    StandIn.tell("standInDispatchMicros", 30_000);
    for (int i = 0; i < 1000; i++) gpu.launch("moves", "fill", 1, fill(1, address, i));
    assertEquals(999, numbers(address, 1)[0]);
    assertTrue(gpu.queue().most() * 0.03 <= 0.3, () -> gpu.queue().most() + " dispatches in a batch");
    StandIn.tell("standInDispatchMicros", 10);
    for (int i = 0; i < 1000; i++) gpu.launch("moves", "fill", 1, fill(1, address, i));
    assertEquals(999, numbers(address, 1)[0]);
    assertEquals(64, gpu.queue().most());
  }

  /// More threadgroups than one dispatch has, which know their places among all.
  @Test
  void aLaunchOfManyThreadgroupsReachesTheLast() {
    int lines = 40_000;
    long address = gpu.reserve(4L * lines);
    gpu.launch("moves", "fill", lines, fill(lines, address, Float.floatToRawIntBits(3)));
    var arguments = new Arguments().whole(lines).whole(1).whole(1).whole(address).whole(address);
    gpu.launch("softmax", "softmax_f32", new Grid(lines, 1, 1, 32), 0, arguments);
    for (int bits : numbers(address, lines)) assertEquals(1, Float.intBitsToFloat(bits));
  }

  @Test
  void aKernelThatFailsSaysWhy() {
    long address = gpu.reserve(4);
    gpu.launch("moves", "fill", new Grid(1, 1, 1, 33), 0, fill(1, address, 1));
    var e = assertThrows(MetalException.class, () -> numbers(address, 1));
    assertEquals("metal: a command failed: fill: 33 threads in a block are no whole warps", e.getMessage());
  }

  @Test
  void saysWhatIsNotThere() {
    var e = assertThrows(MetalException.class, () -> gpu.launch("moves", "nothing", 1, new Arguments()));
    assertEquals("metal: no kernel nothing", e.getMessage());
    var many = assertThrows(MetalException.class, () -> gpu.launch("moves", "iota", new Grid(1, 1, 1, 512), 0, new Arguments()));
    assertEquals("metal: iota: simdgroups of 32, threadgroups of up to 256; needs 32 and 512", many.getMessage());
  }

  @Test
  void givesNoMoreThanTheSystemKeepsInMemory() {
    StandIn.tell("standInLimits", 40 << 20, 64 << 20);
    MetalGpu small = StandIn.gpu();
    var e = assertThrows(IllegalArgumentException.class, () -> small.reserve(41 << 20));
    assertEquals("metal: a tensor of 42,991,616 bytes; this device gives at most 41,943,040 in one piece", e.getMessage());
    long first = small.reserve(30 << 20);
    assertThrows(InsufficientMemoryException.class, () -> small.reserve(38 << 20));
    small.free(first);
    // what is kept for later makes room
    small.free(small.reserve(38 << 20));
    assertEquals("stand-in, Metal 3, 0.1 GB at once, 0.0 GB in one piece", small.describe());
  }

  @Test
  void everythingThatIsNotKeptIsGivenBack() {
    long address = gpu.reserve(8 << 20);
    numbers(address, 1);
    gpu.launch("moves", "fill", Gpu.THREADS, fill(Gpu.THREADS, address, 1));
    numbers(address, 1);
    int before = StandIn.objects();
    for (int i = 0; i < 300; i++) {
      long other = gpu.reserve(5 << 20);
      gpu.launch("moves", "fill", Gpu.THREADS, fill(Gpu.THREADS, other, i));
      gpu.free(other);
      if (i % 50 == 0) gpu.releaseUnused();
    }
    gpu.releaseUnused();
    assertEquals(before, StandIn.objects());
  }
}
