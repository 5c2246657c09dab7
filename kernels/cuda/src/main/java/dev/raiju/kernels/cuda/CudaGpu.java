package dev.raiju.kernels.cuda;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.cuda.driver.DeviceAttribute;
import dev.raiju.kernels.gpu.Arguments;
import dev.raiju.kernels.gpu.Gpu;
import dev.raiju.kernels.gpu.Grid;
import dev.raiju.tensor.backend.InsufficientMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Locale;

/// One device with its context, its stream, its modules and its memory.
///
/// Everything goes to one stream, in the order of the calls: memory that is freed can be used again by what comes after, without
/// anybody waiting. Freed memory stays with the driver's pool, which is the cache. May be used by several threads.
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
    long size = Math.max(bytes, SMALLEST);
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
    driver.free(address, stream);
  }

  @Override
  public void write(long target, MemorySegment source) {
    driver.setContext(context);
    staging.write(target, source);
  }

  @Override
  public void read(long source, MemorySegment target) {
    driver.setContext(context);
    staging.read(source, target);
  }

  @Override
  public void copy(long target, long source, long bytes) {
    if (bytes == 0) return;
    driver.setContext(context);
    driver.copy(target, source, bytes, stream);
  }

  @Override
  public void clear(long target, long bytes) {
    if (bytes == 0) return;
    driver.setContext(context);
    driver.fill(target, (byte) 0, bytes, stream);
  }

  @Override
  public void launch(String file, String kernel, Grid grid, int sharedBytes, Arguments arguments) {
    if (grid.x() == 0 || grid.y() == 0 || grid.z() == 0) return;
    driver.setContext(context);
    long function = modules.function(file, kernel);
    ByteBuffer bytes = arguments.done();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment parameters = arena.allocate(bytes.remaining(), Long.BYTES);
      MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, parameters, 0, bytes.remaining());
      driver.launch(function, kernel, grid, sharedBytes, stream, parameters);
    }
  }
}
