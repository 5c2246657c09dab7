package dev.raiju.kernels.vulkan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Gpu;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.kernels.gpu.MemoryPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Memory, batches and compiled kernels of the device.
class VulkanGpuTest {
  private final VulkanGpu gpu = OnDevice.gpu();

  private static Arguments fill(long count, long target, int value) {
    return new Arguments().whole(count).whole(target).whole(value).whole(Integer.BYTES);
  }

  private int[] numbers(long address, int count) {
    int[] numbers = new int[count];
    gpu.read(address, MemorySegment.ofArray(numbers));
    return numbers;
  }

  @Test
  void valuesLongerThanABatchArriveWhole() {
    int[] numbers = new int[3_000_000];
    for (int i = 0; i < numbers.length; i++) numbers[i] = i * 31;
    long address = gpu.reserve(4L * numbers.length);
    gpu.write(address, MemorySegment.ofArray(numbers));
    assertArrayEquals(numbers, numbers(address, numbers.length));
    gpu.free(address);
  }

  @Test
  void memoryThatIsUsedAgainIsWrittenInOrder() {
    long first = gpu.reserve(1000);
    gpu.launch("moves", "fill", 250, fill(250, first, 7));
    long copy = gpu.reserve(5000);
    gpu.copy(copy, first, 1000);
    gpu.free(first);
    long second = gpu.reserve(1000);
    assertEquals(first, second);
    gpu.launch("moves", "fill", 250, fill(250, second, 9));
    assertEquals(7, numbers(copy, 250)[249]);
    assertEquals(9, numbers(second, 250)[249]);
    gpu.clear(second, 400);
    assertEquals(0, numbers(second, 250)[99]);
    assertEquals(9, numbers(second, 250)[100]);
    gpu.free(second);
    gpu.free(copy);
  }

  @Test
  void commandsAreSubmittedTogether() {
    long address = gpu.reserve(4);
    numbers(address, 1);
    long before = gpu.submissions();
    for (int i = 0; i < 100; i++) gpu.launch("moves", "fill", 1, fill(1, address, i));
    assertEquals(99, numbers(address, 1)[0]);
    assertTrue(gpu.submissions() - before <= 2, () -> gpu.submissions() - before + " submissions");
    gpu.free(address);
  }

  /// More blocks along the first axis than one dispatch may have.
  @Test
  void aLaunchOfManyBlocksReachesTheLast() {
    int lines = 70_000;
    long address = gpu.reserve(4L * lines);
    gpu.launch("moves", "fill", lines, fill(lines, address, Float.floatToRawIntBits(3)));
    var arguments = new Arguments().whole(lines).whole(1).whole(1).whole(address).whole(address);
    gpu.launch("softmax", "softmax_f32", new Grid(lines, 1, 1, 32), 0, arguments);
    int[] results = numbers(address, lines);
    for (int i = 0; i < lines; i++) assertEquals(1, Float.intBitsToFloat(results[i]));
    gpu.free(address);
  }

  @Test
  void saysHowLargeATensorMayBe() {
    var e = assertThrows(IllegalArgumentException.class, () -> gpu.reserve(1L << 45));
    assertTrue(e.getMessage().startsWith("vulkan: a tensor of 35,184,372,088,832 bytes; this device gives at most "), e
        .getMessage());
  }

  @Test
  void piecesWasteLittle() {
    assertEquals(256, MemoryPool.sizeFor(1));
    assertEquals(512, MemoryPool.sizeFor(257));
    for (long bytes = 4096; bytes < 1L << 34; bytes = bytes * 9 / 8 + 1) {
      long size = MemoryPool.sizeFor(bytes);
      assertTrue(size >= bytes && size <= bytes * 5 / 4 && size % 256 == 0, bytes + " " + size);
    }
  }

  @Test
  void compiledKernelsAreKeptForTheNextRun(@TempDir Path folder) throws Exception {
    VulkanGpu first = VulkanProvider.openGpu(false, -1, Optional.of(folder.resolve("cache")));
    first.keepPipelines();
    assertFalse(Files.exists(folder.resolve("cache")), "nothing was compiled, and something was written");
    long address = first.reserve(4);
    first.launch("moves", "fill", 1, fill(1, address, 5));
    first.read(address, MemorySegment.ofArray(new int[1]));
    first.keepPipelines();
    Path file;
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      file = files.findFirst().orElseThrow();
    }
    assertTrue(file.getFileName().toString().startsWith(first.candidate().cacheUuid() + "-"), file::toString);
    // what is no cache, or of another driver, is left alone
    Files.write(file, new byte[100]);
    VulkanGpu second = VulkanProvider.openGpu(false, -1, Optional.of(folder.resolve("cache")));
    long other = second.reserve(4);
    second.launch("moves", "fill", new Grid(1, 1, 1, Gpu.THREADS), 0, fill(1, other, 6));
    MemorySegment result = MemorySegment.ofArray(new int[1]);
    second.read(other, result);
    assertEquals(6, result.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
  }

  @AfterAll
  static void theValidationLayerIsSilent() { OnDevice.wasCorrect(); }
}
