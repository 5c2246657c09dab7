package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.gpu.Scratch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/// What one thread launches, written down to become a graph. A capture by the driver allows neither memory to be taken nor modules to
/// be loaded, which kernels do on their way; so all is gathered here first, and captured when nothing but launches and copies is left.
/// With it stays what the graph needs: pinned memory with what was written from the host, and what kernels took for themselves.
final class Kept {
  private final CudaDriver driver;
  private final Scratch scratch = new Scratch();
  private final List<MemorySegment> pinned = new ArrayList<>();
  private final List<LongConsumer> commands = new ArrayList<>();

  Kept(CudaDriver driver) { this.driver = driver; }

  Scratch scratch() { return scratch; }

  /// @param command puts something on the stream that it is given
  void add(LongConsumer command) { commands.add(command); }

  /// A copy of host memory, which is kept as it is now.
  void write(long target, MemorySegment source) {
    if (source.byteSize() == 0) return;
    MemorySegment memory = driver.allocatePinned(source.byteSize());
    pinned.add(memory);
    MemorySegment.copy(source, 0, memory, 0, source.byteSize());
    add(stream -> driver.copyToDevice(target, memory, stream));
  }

  /// A graph of all of it.
  long graph() {
    // of its own, so that nothing that other threads launch is captured
    long stream = driver.createStream();
    try {
      driver.beginCapture(stream);
      try {
        commands.forEach(command -> command.accept(stream));
      } catch (RuntimeException | Error e) {
        end(stream, e);
        throw e;
      }
      return driver.endCapture(stream);
    } finally {
      commands.clear();
      driver.destroyStream(stream);
    }
  }

  private void end(long stream, Throwable reason) {
    try {
      driver.destroyGraph(driver.endCapture(stream));
    } catch (CudaException lost) {
      reason.addSuppressed(lost);
    }
  }

  /// Gives the memory back; nothing that uses it may be on its way.
  void free(long stream) {
    pinned.forEach(driver::freePinned);
    scratch.all().forEach(address -> driver.free(address, stream));
  }
}
