package dev.raiju.kernels.cuda;

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
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Graphs: what a capture writes down is done when the graph is launched, as often as that is, and what a capture does not allow is
/// refused and loses it.
class GraphTest {
  private static final Grid ONE_BLOCK = new Grid(1, 1, 1, 256);
  private static final int COUNT = 100;

  private final Arena arena = Arena.ofConfined();
  private CudaDriver driver;
  private long stream;
  private long fill;
  private long from;
  private long to;
  private MemorySegment host;

  @BeforeEach
  void open() throws Exception {
    driver = StandIn.driver();
    driver.start();
    driver.setContext(driver.retainContext(driver.device(0)));
    stream = driver.createStream();
    try (InputStream in = CudaProvider.class.getResourceAsStream("moves.ptx")) {
      byte[] text = in.readAllBytes();
      MemorySegment ptx = arena.allocate(text.length);
      MemorySegment.copy(MemorySegment.ofArray(text), 0, ptx, 0, text.length);
      fill = driver.function(driver.loadModule("moves", ptx), "fill");
    }
    from = driver.allocate(4 * COUNT, stream);
    to = driver.allocate(4 * COUNT, stream);
    host = driver.allocatePinned(4 * COUNT);
  }

  @AfterEach
  void forget() {
    StandIn.tell("standInForget", 0);
    driver.finish(stream);
    driver.freePinned(host);
    driver.destroyStream(stream);
    arena.close();
  }

  private void fill(long target, float value) {
    ByteBuffer bytes = new Arguments().whole(COUNT).whole(target).whole(Float.floatToRawIntBits(value)).whole(4).done();
    MemorySegment arguments = arena.allocate(bytes.remaining(), 8);
    MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, arguments, 0, bytes.remaining());
    driver.launch(fill, "fill", ONE_BLOCK, 0, stream, arguments);
  }

  /// The first number of `to`, once all is done.
  private float result() {
    driver.copyToHost(host, to, stream);
    driver.finish(stream);
    return host.get(ValueLayout.JAVA_FLOAT, 0);
  }

  private static void refused(String part, Runnable call) {
    var e = assertThrows(CudaException.class, call::run);
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void whatIsCapturedIsDoneWhenTheGraphIsLaunched() {
    fill(to, 1);
    driver.beginCapture(stream);
    fill(from, 2);
    driver.copy(to, from, 4 * COUNT, stream);
    fill(from, 3);
    long graph = driver.endCapture(stream);
    assertEquals(1, result());
    for (int time = 0; time < 2; time++) {
      driver.launchGraph(graph, stream);
      assertEquals(2, result());
      // the next launch writes it again
      fill(to, 7);
      assertEquals(7, result());
    }
    int launches = StandIn.tell("standInLaunches", 0);
    driver.launchGraph(graph, stream);
    assertEquals(1, StandIn.tell("standInLaunches", 0) - launches);
    driver.finish(stream);
    driver.destroyGraph(graph);
    refused("not an executable graph", () -> driver.launchGraph(graph, stream));
  }

  @Test
  void aCaptureAllowsNeitherWaitingNorMemory() {
    long event = driver.createEvent();
    driver.record(event, stream);
    driver.finish(stream);
    for (Runnable forbidden : new Runnable[] {() -> driver.finish(stream), () -> driver.allocate(256, stream), () -> driver.free(
        from,
        stream), () -> driver.allocatePinned(64), () -> driver.destroyStream(stream)}) {
      driver.beginCapture(stream);
      fill(to, 2);
      refused("not while a stream is captured", forbidden);
      refused("a capture does not allow", () -> driver.endCapture(stream));
    }
    driver.beginCapture(stream);
    driver.record(event, stream);
    refused("part of a capture", () -> driver.await(event));
    refused("a capture does not allow", () -> driver.endCapture(stream));
    // what was lost was never done
    fill(to, 5);
    assertEquals(5, result());
  }

  @Test
  void refusesCapturesThatAreNotBegunOrBegunTwiceOrEndedElsewhere() throws Exception {
    refused("not captured", () -> driver.endCapture(stream));
    driver.beginCapture(stream);
    refused("captured already", () -> driver.beginCapture(stream));
    var thrown = new AtomicReference<Throwable>();
    long context = driver.retainContext(driver.device(0));
    Thread other = new Thread(() -> {
      driver.setContext(context);
      driver.endCapture(stream);
    });
    other.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
    other.start();
    other.join();
    assertTrue(String.valueOf(thrown.get()).contains("begun by another thread"), String.valueOf(thrown.get()));
    driver.destroyGraph(driver.endCapture(stream));
  }

  @Test
  void refusesAGraphWhoseMemoryWasFreed() {
    driver.beginCapture(stream);
    fill(from, 2);
    long graph = driver.endCapture(stream);
    driver.free(from, stream);
    refused("memory that is not in use", () -> driver.launchGraph(graph, stream));
    driver.destroyGraph(graph);
  }
}
