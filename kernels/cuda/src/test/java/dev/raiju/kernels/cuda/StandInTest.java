package dev.raiju.kernels.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Grid;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What the stand-in driver refuses: each mistake that a host could make, made once.
class StandInTest {
  private static final Grid ONE_BLOCK = new Grid(1, 1, 1, 256);
  private static final int COUNT = 100;

  private final Arena arena = Arena.ofConfined();
  private CudaDriver driver;
  private int device;
  private long context;
  private long stream;
  private long fill;
  private long memory;

  @BeforeEach
  void open() throws Exception {
    driver = StandIn.driver();
    driver.start();
    device = driver.device(0);
    context = driver.retainContext(device);
    driver.setContext(context);
    stream = driver.createStream();
    fill = driver.function(driver.loadModule("moves", ptx("moves")), "fill");
    memory = driver.allocate(4 * COUNT, stream);
  }

  @AfterEach
  void forget() {
    StandIn.tell("standInForget", 0);
    arena.close();
  }

  private MemorySegment ptx(String name) throws Exception {
    try (InputStream in = CudaProvider.class.getResourceAsStream(name + ".ptx")) {
      return copied(in.readAllBytes());
    }
  }

  private MemorySegment copied(byte[] bytes) {
    MemorySegment memory = arena.allocate(Math.max(1, bytes.length), 8);
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, memory, 0, bytes.length);
    return memory.asSlice(0, bytes.length);
  }

  /// Parameters that fill `count` floats with 1.
  private MemorySegment ones(long target, long count) {
    var bytes = new Arguments().whole(count).whole(target).whole(Float.floatToRawIntBits(1)).whole(4).done();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copied(copy);
  }

  private static void refused(String part, Runnable call) {
    var e = assertThrows(CudaException.class, call::run);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void aKernelRunsWhenItsStreamIsWaitedForAndNotBefore() {
    MemorySegment host = driver.allocatePinned(4 * COUNT);
    host.fill((byte) 0);
    driver.launch(fill, "fill", ONE_BLOCK, 0, stream, ones(memory, COUNT));
    driver.copyToHost(host, memory, stream);
    assertEquals(0, host.get(ValueLayout.JAVA_FLOAT, 0));
    driver.finish(stream);
    float[] expected = new float[COUNT];
    java.util.Arrays.fill(expected, 1);
    assertArrayEquals(expected, host.toArray(ValueLayout.JAVA_FLOAT));
    driver.freePinned(host);
  }

  @Test
  void refusesParametersOfAnotherSize() {
    MemorySegment all = ones(memory, COUNT);
    refused("24 bytes of parameters; the PTX says 32", () -> driver.launch(fill, "fill", ONE_BLOCK, 0, stream, all.asSlice(0,
        24)));
  }

  @Test
  void anEventThatIsRecordedAgainIsPassedAtItsLastPlace() {
    MemorySegment host = driver.allocatePinned(4 * COUNT);
    host.fill((byte) 0);
    long event = driver.createEvent();
    driver.record(event, stream);
    driver.launch(fill, "fill", ONE_BLOCK, 0, stream, ones(memory, COUNT));
    driver.copyToHost(host, memory, stream);
    driver.record(event, stream);
    driver.await(event);
    assertEquals(1, host.get(ValueLayout.JAVA_FLOAT, 0));
    driver.freePinned(host);
  }

  @Test
  void refusesMemoryThatWasFreed() {
    driver.free(memory, stream);
    refused("memory that is not in use", () -> driver.launch(fill, "fill", ONE_BLOCK, 0, stream, ones(memory, COUNT)));
    refused("freed twice", () -> driver.free(memory, stream));
  }

  @Test
  void refusesAThreadWithoutContext() throws Exception {
    var thrown = new AtomicReference<Throwable>();
    Thread other = new Thread(() -> driver.finish(stream));
    other.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
    other.start();
    other.join();
    assertTrue(String.valueOf(thrown.get()).contains("no context is current"), String.valueOf(thrown.get()));
  }

  @Test
  void refusesHandlesThatAreNone() {
    refused("not a function", () -> driver.launch(stream, "fill", ONE_BLOCK, 0, stream, ones(memory, COUNT)));
    refused("not a stream", () -> driver.launch(fill, "fill", ONE_BLOCK, 0, fill, ones(memory, COUNT)));
    refused("not an event", () -> driver.record(stream, stream));
    refused("not a context", () -> driver.setContext(stream));
  }

  @Test
  void refusesGridsAndSharedMemoryOutOfRange() {
    refused("grid or block", () -> driver.launch(fill, "fill", new Grid(0, 1, 1, 32), 0, stream, ones(memory, COUNT)));
    refused("grid or block", () -> driver.launch(fill, "fill", new Grid(1, 70000, 1, 32), 0, stream, ones(memory, COUNT)));
    refused("grid or block", () -> driver.launch(fill, "fill", new Grid(1, 1, 1, 2048), 0, stream, ones(memory, COUNT)));
    refused("more shared memory", () -> driver.launch(fill, "fill", ONE_BLOCK, 50_000, stream, ones(memory, COUNT)));
    driver.allowSharedMemory(fill, 50_000);
    driver.launch(fill, "fill", ONE_BLOCK, 50_000, stream, ones(memory, COUNT));
    refused("too much", () -> driver.allowSharedMemory(fill, 200_000));
  }

  @Test
  void refusesLessSharedMemoryThanTheKernelUses() throws Exception {
    long softmax = driver.function(driver.loadModule("softmax", ptx("softmax")), "softmax_f32");
    var bytes = new Arguments().whole(1).whole(COUNT).whole(1).whole(memory).whole(memory).done();
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    driver.launch(softmax, "softmax_f32", ONE_BLOCK, 64, stream, copied(copy));
    refused("needs 128 bytes of shared memory, launched with 64", () -> driver.finish(stream));
    refused("719", () -> driver.finish(stream));
  }

  @Test
  void noticesAKernelThatWritesBehindItsMemory() {
    driver.launch(fill, "fill", ONE_BLOCK, 0, stream, ones(memory, COUNT + 1));
    refused("behind its memory", () -> driver.finish(stream));
  }

  @Test
  void refusesBlocksLargerThanTheKernelIsMadeFor() {
    driver.launch(fill, "fill", new Grid(1, 1, 1, 512), 0, stream, ones(memory, COUNT));
    refused("512 threads in a block, made for 256", () -> driver.finish(stream));
  }

  @Test
  void refusesCopiesThatWouldWaitOrLeaveTheMemory() {
    MemorySegment pinned = driver.allocatePinned(8 * COUNT);
    MemorySegment pageable = arena.allocate(4 * COUNT);
    refused("not pinned", () -> driver.copyToDevice(memory, pageable, stream));
    refused("not pinned", () -> driver.copyToHost(pageable, memory, stream));
    refused("not device memory", () -> driver.copyToDevice(memory, pinned, stream));
    refused("not device memory", () -> driver.copy(memory, memory + 4, 4 * COUNT, stream));
    refused("not device memory", () -> driver.fill(memory, (byte) 0, 4 * COUNT + 1, stream));
    driver.freePinned(pinned);
    refused("not allocated", () -> driver.freePinned(pinned));
  }

  @Test
  void refusesWhatIsNoModuleAndNamesThatAreNotThere() {
    refused("no PTX", () -> driver.loadModule("nonsense", copied("hello".getBytes())));
    refused("not in the sources", () -> driver.loadModule("foreign", copied(
        (".version 7.0\n.target sm_80\n.visible .entry foreign(\n"
            + ".param .align 8 .b8 foreign_param_0[8]\n)\n").getBytes())));
    refused("no softmax", () -> driver.function(driver.loadModule("moves", ptxUnchecked()), "softmax"));
  }

  private MemorySegment ptxUnchecked() {
    try {
      return ptx("moves");
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
