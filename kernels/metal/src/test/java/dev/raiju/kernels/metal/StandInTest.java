package dev.raiju.kernels.metal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What the stand-in notices: each mistake that a host or a kernel could make, made once.
class StandInTest {
  private static final String KERNEL = "#include <metal_stdlib>\nusing namespace metal;\nstruct Args { device float *to; };\n"
      + "[[kernel, max_total_threads_per_threadgroup(32)]] void test(constant Args &args [[buffer(0)]], uint i [[thread_index_in_threadgroup]]) {\n"
      + "  BODY\n}\n";

  private final Messages messages = new Messages(StandIn.runtime());
  private final Metal metal = new Metal(messages);
  private final MemorySegment queue = metal.newQueue();

  @AfterEach
  void forget() { StandIn.end(); }

  private static void noted(String complaint) {
    assertTrue(StandIn.complaints().stream().anyMatch(line -> line.contains(complaint)), () -> StandIn.complaints() + "");
    StandIn.forget();
  }

  private static void refused(String body, String why) {
    StandIn.end();
    Metal fresh = new Metal(new Messages(StandIn.runtime()));
    var e = assertThrows(MetalException.class, () -> fresh.newLibrary("test", KERNEL.replace("BODY", body)));
    assertTrue(String.valueOf(e.getMessage()).contains(why), e.getMessage());
  }

  @Test
  void objectsThatWereReleasedAreNone() {
    MemorySegment buffer = metal.newBuffer(100).orElseThrow();
    metal.release(buffer);
    metal.release(buffer);
    noted("release: sent to what is no object");
  }

  @Test
  void selectorsOfOtherClassesAreUnknown() {
    messages.send(Message.COMMIT, queue);
    noted("commit: StandInQueue does not respond to it");
  }

  @Test
  void whatIsAutoreleasedNeedsAPool() {
    messages.object(Message.COMMAND_BUFFER, queue);
    noted("autoreleased, and no pool is open");
  }

  @Test
  void nothingIsEncodedAfterTheEnd() {
    Batch batch = Batch.open(metal, queue);
    messages.send(Message.COMMIT, batch.commands);
    noted("commit: an encoder is not ended");
    messages.send(Message.WAIT, batch.commands);
    noted("waitUntilCompleted: not committed");
    messages.send(Message.END, batch.encoder);
    messages.send(Message.END, batch.encoder);
    noted("endEncoding: after endEncoding");
    messages.send(Message.COMMIT, batch.commands);
    messages.send(Message.COMMIT, batch.commands);
    noted("commit: a second time");
  }

  @Test
  void anEncoderIsEndedBeforeItGoes() {
    Batch batch = Batch.open(metal, queue);
    metal.release(batch.encoder);
    noted("released before endEncoding");
  }

  @Test
  void memoryOfTheHostIsBorrowedInWholePages() {
    assertTrue(metal.newBufferOver(MemorySegment.ofAddress(4096 * 5).reinterpret(16384)).isEmpty());
    noted("newBufferWithBytesNoCopy:length:options:deallocator: 16384 bytes at 0x5000");
  }

  /// A kernel that writes behind its buffer.
  @Test
  void whatLiesBehindABufferIsWatched() {
    MetalGpu gpu = StandIn.gpu();
    MemorySegment library = metal.newLibrary("test", KERNEL.replace("BODY", "args.to[i] = 1;"));
    MemorySegment pipeline = metal.newPipeline(library, "test");
    MemorySegment buffer = metal.newBuffer(100).orElseThrow();
    gpu.queue().reach(buffer);
    MemorySegment arguments = MemorySegment.ofArray(new long[] {metal.address(buffer)});
    try (var arena = java.lang.foreign.Arena.ofConfined()) {
      gpu.queue().launch(pipeline, arena.allocate(8, 8).copyFrom(arguments), 1, 1, 1, 32);
      gpu.queue().drain();
    }
    noted("a kernel wrote behind its buffer of 100 bytes");
  }

  /// Addresses that the device cannot follow: of a buffer that the encoder does not know, of the host, of one that is gone.
  @Test
  void addressesLeadIntoResidentBuffers() {
    MetalGpu gpu = StandIn.gpu();
    MemorySegment pipeline = metal.newPipeline(metal.newLibrary("test", KERNEL.replace("BODY", "args.to[i] = 1;")), "test");
    MemorySegment buffer = metal.newBuffer(1000).orElseThrow();
    long address = metal.address(buffer);
    launch(gpu, pipeline, address);
    noted("argument at 0 points to a buffer that is not resident");
    launch(gpu, pipeline, metal.contents(buffer, 1000).address());
    noted("argument at 0 points to memory of the host");
    metal.release(buffer);
    launch(gpu, pipeline, address);
    noted("argument at 0 points to a released buffer");
  }

  private static void launch(MetalGpu gpu, MemorySegment pipeline, long address) {
    try (var arena = java.lang.foreign.Arena.ofConfined()) {
      MemorySegment arguments = arena.allocate(8, 8);
      arguments.set(ValueLayout.JAVA_LONG, 0, address);
      gpu.queue().launch(pipeline, arguments, 1, 1, 1, 32);
    }
  }

  @Test
  void argumentsAreAsLongAsTheKernelReads() {
    Batch batch = Batch.open(metal, queue);
    MemorySegment pipeline = metal.newPipeline(metal.newLibrary("test", KERNEL.replace("BODY", "")), "test");
    MethodHandle setPipeline = messages.handle(Message.SET_PIPELINE);
    MethodHandle dispatch = messages.handle(Message.DISPATCH);
    try (var arena = java.lang.foreign.Arena.ofConfined()) {
      MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1, 1, 1);
      ObjectiveC.call(() -> {
        dispatch.invokeExact(batch.encoder, one, one);
        return true;
      });
      noted("dispatchThreadgroups:threadsPerThreadgroup:: no pipeline");
      ObjectiveC.call(() -> {
        setPipeline.invokeExact(batch.encoder, pipeline);
        dispatch.invokeExact(batch.encoder, one, one);
        return true;
      });
      noted("0 bytes at index 0; test reads 8");
    }
  }

  @Test
  void kernelsKeepPointersToKindsOfMemoryApart() {
    refused("threadgroup float *p = args.to; p[i] = 1;", "cannot initialize a variable of type 'threadgroup float *'");
    refused("thread float *p = args.to; p[i] = 1;", "cannot initialize a variable of type");
    refused("args.to = nullptr;", "const");
  }

  @Test
  void kernelsUseNothingThatTheLanguageHasNot() {
    refused("args.to[i] = float(double(i));", "'double'");
    refused("args.to[i] = simd_shuffle_xor((long)i, 1);", "32 bits at most");
    refused("args.to[i] = nowhere;", "nowhere");
  }

  @Test
  void threadsWaitAtOneBarrier() {
    MetalGpu gpu = StandIn.gpu();
    MemorySegment pipeline = metal.newPipeline(metal.newLibrary("test", KERNEL.replace("BODY",
        "if (i < 7) threadgroup_barrier(mem_flags::mem_threadgroup);")), "test");
    launch(gpu, pipeline, 0);
    var e = assertThrows(MetalException.class, () -> gpu.queue().drain());
    assertEquals("metal: a command failed: test: 7 of 32 threads wait for others that have ended or wait elsewhere", e
        .getMessage());
  }
}
