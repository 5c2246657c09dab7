package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.cuda.driver.DeviceAttribute;
import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Gpu;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.kernels.gpu.MemoryPool;
import dev.raiju.kernels.gpu.Scratch;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import dev.raiju.tensor.backend.Recording;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/// One device with its context, its stream, its modules and its memory.
///
/// Everything goes to one stream, in the order of the calls: memory that is freed can be used again by what comes after, without
/// anybody waiting. Freed memory stays with the driver's pool, which is the cache. What is recorded becomes a graph of the driver, one
/// launch for all of it. May be used by several threads.
final class CudaGpu implements Gpu {
  // the driver's pool hands out no less
  private static final long SMALLEST = 256;
  // blocks for each multiprocessor when threads share any number of elements: enough to hide what waits for memory
  private static final int BLOCKS_PER_MULTIPROCESSOR = 16;

  private final CudaDriver driver;
  private final int device;
  private final long context;
  private final long stream;
  private final int multiprocessors;
  private final Modules modules;
  private final Staging staging;
  private final String description;
  // what the calling thread launches is written down there
  private final ThreadLocal<Optional<Kept>> keeping = ThreadLocal.withInitial(Optional::empty);

  /// @param device the driver's handle
  CudaGpu(CudaDriver driver, int device) {
    this.driver = driver;
    this.device = device;
    this.context = driver.retainContext(device);
    driver.setContext(context);
    driver.keepFreedMemory(device);
    this.stream = driver.createStream();
    this.multiprocessors = driver.attribute(device, DeviceAttribute.MULTIPROCESSORS);
    this.modules = new Modules(driver);
    this.staging = new Staging(driver, stream);
    this.description = String.format(Locale.ROOT, "%s, compute capability %d.%d, %.1f GB, driver of CUDA %d.%d in %s", driver
        .deviceName(device), driver.attribute(device, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR), driver.attribute(device,
            DeviceAttribute.COMPUTE_CAPABILITY_MINOR), driver.deviceBytes(device) / 1e9, driver.version() / 1000, driver.version()
                % 1000 / 10, driver.describe());
  }

  @Override
  public String describe() { return description; }

  @Override
  public long busyBlocks() { return (long) multiprocessors * BLOCKS_PER_MULTIPROCESSOR; }

  @Override
  public boolean hasMatrixUnits() { return true; }

  @Override
  public boolean hasTables() { return true; }

  @Override
  public long reserve(long bytes) {
    driver.setContext(context);
    Optional<Scratch> scratch = keeping.get().map(Kept::scratch);
    if (scratch.isEmpty()) return take(bytes, Math.max(bytes, SMALLEST));
    OptionalLong known = scratch.get().reused(bytes);
    if (known.isPresent()) return known.getAsLong();
    long address = take(bytes, MemoryPool.sizeFor(bytes));
    scratch.get().took(address, bytes);
    return address;
  }

  private long take(long bytes, long size) {
    try {
      return driver.allocate(size, stream);
    } catch (CudaException e) {
      if (!e.isOutOfMemory()) throw e;
    }
    // the pool may hold pieces too small for this: with everything done, they go back to the system
    driver.finish(stream);
    driver.trim(device);
    try {
      return driver.allocate(size, stream);
    } catch (CudaException e) {
      if (!e.isOutOfMemory()) throw e;
      CudaDriver.Memory memory = driver.memory();
      throw new InsufficientMemoryException(bytes, memory.total() - memory.free());
    }
  }

  @Override
  public void free(long address) {
    driver.setContext(context);
    Optional<Kept> kept = keeping.get();
    if (kept.isEmpty() || !kept.get().scratch().gaveBack(address)) driver.free(address, stream);
  }

  @Override
  public void write(long target, MemorySegment source) {
    driver.setContext(context);
    keeping.get().ifPresentOrElse(kept -> kept.write(target, source), () -> staging.write(target, source));
  }

  @Override
  public void read(long source, MemorySegment target) {
    if (keeping.get().isPresent()) throw new IllegalStateException("cuda: what is recorded cannot be waited for");
    driver.setContext(context);
    staging.read(source, target);
  }

  @Override
  public void copy(long target, long source, long bytes) {
    if (bytes == 0) return;
    driver.setContext(context);
    put(on -> driver.copy(target, source, bytes, on));
  }

  @Override
  public void clear(long target, long bytes) {
    if (bytes == 0) return;
    driver.setContext(context);
    put(on -> driver.fill(target, (byte) 0, bytes, on));
  }

  @Override
  public void launch(String file, String kernel, Grid grid, int sharedBytes, Arguments arguments) {
    if (grid.x() == 0 || grid.y() == 0 || grid.z() == 0) return;
    driver.setContext(context);
    long function = modules.function(file, kernel);
    ByteBuffer bytes = arguments.done();
    put(on -> launch(function, kernel, grid, sharedBytes, on, bytes));
  }

  private void launch(long function, String kernel, Grid grid, int sharedBytes, long on, ByteBuffer arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocate(arguments.remaining(), Long.BYTES);
      MemorySegment.copy(MemorySegment.ofBuffer(arguments), 0, parameters, 0, arguments.remaining());
      driver.launch(function, kernel, grid, sharedBytes, on, parameters);
    }
  }

  /// Puts something on the stream, or writes it down for a graph.
  private void put(LongConsumer command) {
    keeping.get().ifPresentOrElse(kept -> kept.add(command), () -> command.accept(stream));
  }

  /// What `work` launches as one graph.
  @Override
  public Optional<Recording> record(Runnable work) {
    driver.setContext(context);
    Kept kept = new Kept(driver);
    keeping.set(Optional.of(kept));
    try {
      work.run();
      return Optional.of(new Graph(kept, kept.graph()));
    } catch (RuntimeException | Error e) {
      kept.free(stream);
      throw e;
    } finally {
      keeping.set(Optional.empty());
    }
  }

  private final class Graph implements Recording {
    private final Kept kept;
    private final long graph;

    Graph(Kept kept, long graph) {
      this.kept = kept;
      this.graph = graph;
    }

    @Override
    public void run() {
      driver.setContext(context);
      driver.launchGraph(graph, stream);
    }

    @Override
    public void close() {
      driver.setContext(context);
      driver.finish(stream);
      driver.destroyGraph(graph);
      kept.free(stream);
    }
  }
}
