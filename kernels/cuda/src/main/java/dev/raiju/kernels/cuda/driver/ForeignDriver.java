package dev.raiju.kernels.cuda.driver;

import dev.raiju.kernels.gpu.Grid;
import static dev.raiju.kernels.cuda.driver.DriverLibrary.INT;
import static dev.raiju.kernels.cuda.driver.DriverLibrary.LONG;
import static dev.raiju.kernels.cuda.driver.DriverLibrary.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/// The driver called through the foreign function interface. Safe for use by several threads, as the driver is.
public final class ForeignDriver implements CudaDriver {
  private static final int LOG_BYTES = 8192;
  private static final int JIT_ERROR_LOG = 5;
  private static final int JIT_ERROR_LOG_BYTES = 6;
  private static final int KEEP_THRESHOLD = 4;
  private static final int SHARED_MEMORY_LIMIT = 8;
  private static final int NON_BLOCKING = 1;
  private static final int WITHOUT_TIMING = 2;
  // of captures: what other threads do meanwhile does not matter
  private static final int THIS_THREAD = 1;
  // how a launch's extra list marks the parameters, their size, and its end
  private static final long PARAMETERS = 1;
  private static final long PARAMETER_BYTES = 2;

  private final DriverLibrary library;
  private final MethodHandle init;
  private final MethodHandle driverGetVersion;
  private final MethodHandle deviceGetCount;
  private final MethodHandle deviceGet;
  private final MethodHandle deviceGetName;
  private final MethodHandle deviceTotalMem;
  private final MethodHandle deviceGetAttribute;
  private final MethodHandle primaryCtxRetain;
  private final MethodHandle primaryCtxRelease;
  private final MethodHandle ctxSetCurrent;
  private final MethodHandle moduleLoadDataEx;
  private final MethodHandle moduleGetFunction;
  private final MethodHandle funcSetAttribute;
  private final MethodHandle launchKernel;
  private final MethodHandle streamCreate;
  private final MethodHandle streamDestroy;
  private final MethodHandle streamSynchronize;
  private final MethodHandle eventCreate;
  private final MethodHandle eventDestroy;
  private final MethodHandle eventRecord;
  private final MethodHandle eventSynchronize;
  private final MethodHandle streamBeginCapture;
  private final MethodHandle streamEndCapture;
  private final MethodHandle graphInstantiate;
  private final MethodHandle graphLaunch;
  private final MethodHandle graphDestroy;
  private final MethodHandle graphExecDestroy;
  private final MethodHandle deviceGetDefaultMemPool;
  private final MethodHandle memPoolSetAttribute;
  private final MethodHandle memPoolTrimTo;
  private final MethodHandle memGetInfo;
  private final MethodHandle memAllocAsync;
  private final MethodHandle memFreeAsync;
  private final MethodHandle memAllocHost;
  private final MethodHandle memFreeHost;
  private final MethodHandle memcpyHtoD;
  private final MethodHandle memcpyDtoH;
  private final MethodHandle memcpyDtoD;
  private final MethodHandle memset;
  private final MethodHandle getErrorName;
  private final MethodHandle getErrorString;

  /// The system's driver, if one is installed.
  public static Optional<CudaDriver> ofSystem() { return DriverLibrary.ofSystem().map(ForeignDriver::new); }

  /// A driver library by its file.
  ///
  /// @throws IllegalArgumentException if it cannot be loaded
  public static CudaDriver of(Path file) { return new ForeignDriver(DriverLibrary.of(file)); }

  private ForeignDriver(DriverLibrary library) {
    this.library = library;
    init = library.function("cuInit", INT);
    driverGetVersion = library.function("cuDriverGetVersion", POINTER);
    deviceGetCount = library.function("cuDeviceGetCount", POINTER);
    deviceGet = library.function("cuDeviceGet", POINTER, INT);
    deviceGetName = library.function("cuDeviceGetName", POINTER, INT, INT);
    deviceTotalMem = library.function("cuDeviceTotalMem_v2", POINTER, INT);
    deviceGetAttribute = library.function("cuDeviceGetAttribute", POINTER, INT, INT);
    primaryCtxRetain = library.function("cuDevicePrimaryCtxRetain", POINTER, INT);
    primaryCtxRelease = library.function("cuDevicePrimaryCtxRelease_v2", INT);
    ctxSetCurrent = library.function("cuCtxSetCurrent", LONG);
    moduleLoadDataEx = library.function("cuModuleLoadDataEx", POINTER, POINTER, INT, POINTER, POINTER);
    moduleGetFunction = library.function("cuModuleGetFunction", POINTER, LONG, POINTER);
    funcSetAttribute = library.function("cuFuncSetAttribute", LONG, INT, INT);
    launchKernel = library.function("cuLaunchKernel", LONG, INT, INT, INT, INT, INT, INT, INT, LONG, POINTER, POINTER);
    streamCreate = library.function("cuStreamCreate", POINTER, INT);
    streamDestroy = library.function("cuStreamDestroy_v2", LONG);
    streamSynchronize = library.function("cuStreamSynchronize", LONG);
    eventCreate = library.function("cuEventCreate", POINTER, INT);
    eventDestroy = library.function("cuEventDestroy_v2", LONG);
    eventRecord = library.function("cuEventRecord", LONG, LONG);
    eventSynchronize = library.function("cuEventSynchronize", LONG);
    streamBeginCapture = library.function("cuStreamBeginCapture_v2", LONG, INT);
    streamEndCapture = library.function("cuStreamEndCapture", LONG, POINTER);
    graphInstantiate = library.function("cuGraphInstantiateWithFlags", POINTER, LONG, LONG);
    graphLaunch = library.function("cuGraphLaunch", LONG, LONG);
    graphDestroy = library.function("cuGraphDestroy", LONG);
    graphExecDestroy = library.function("cuGraphExecDestroy", LONG);
    deviceGetDefaultMemPool = library.function("cuDeviceGetDefaultMemPool", POINTER, INT);
    memPoolSetAttribute = library.function("cuMemPoolSetAttribute", LONG, INT, POINTER);
    memPoolTrimTo = library.function("cuMemPoolTrimTo", LONG, LONG);
    memGetInfo = library.function("cuMemGetInfo_v2", POINTER, POINTER);
    memAllocAsync = library.function("cuMemAllocAsync", POINTER, LONG, LONG);
    memFreeAsync = library.function("cuMemFreeAsync", LONG, LONG);
    memAllocHost = library.function("cuMemAllocHost_v2", POINTER, LONG);
    memFreeHost = library.function("cuMemFreeHost", POINTER);
    memcpyHtoD = library.function("cuMemcpyHtoDAsync_v2", LONG, POINTER, LONG, LONG);
    memcpyDtoH = library.function("cuMemcpyDtoHAsync_v2", POINTER, LONG, LONG, LONG);
    memcpyDtoD = library.function("cuMemcpyDtoDAsync_v2", LONG, LONG, LONG, LONG);
    memset = library.function("cuMemsetD8Async", LONG, ValueLayout.JAVA_BYTE, LONG, LONG);
    getErrorName = library.function("cuGetErrorName", INT, POINTER);
    getErrorString = library.function("cuGetErrorString", INT, POINTER);
  }

  /// A call with its arguments bound.
  @FunctionalInterface
  private interface Call {
    int run() throws Throwable;
  }

  /// A call that leaves its answer in `out`.
  @FunctionalInterface
  private interface Asking {
    int run(MemorySegment out) throws Throwable;
  }

  private static int code(Call call) {
    try {
      return call.run();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a call of the driver threw what no call declares", e);
    }
  }

  private void check(String name, Call call) {
    int code = code(call);
    if (code != 0) throw failure(name, code, "");
  }

  private long answer(String name, Asking call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(LONG);
      check(name, () -> call.run(out));
      return out.get(LONG, 0);
    }
  }

  private int intAnswer(String name, Asking call) { return (int) answer(name, call); }

  private CudaException failure(String call, int code, String log) {
    String name = text(getErrorName, code);
    String why = text(getErrorString, code);
    return new CudaException(call, code, name + (why.isEmpty() ? "" : ": " + why) + (log.isEmpty() ? "" : ": " + log));
  }

  private static String text(MethodHandle describe, int code) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(POINTER);
      if (code(() -> (int) describe.invokeExact(code, out)) != 0) return "unknown error";
      MemorySegment text = out.get(POINTER, 0);
      return text.equals(MemorySegment.NULL) ? "" : text.reinterpret(LOG_BYTES).getString(0);
    }
  }

  @Override
  public String describe() { return library.name(); }

  @Override
  public void start() { check("cuInit", () -> (int) init.invokeExact(0)); }

  @Override
  public int version() { return intAnswer("cuDriverGetVersion", out -> (int) driverGetVersion.invokeExact(out)); }

  @Override
  public int deviceCount() { return intAnswer("cuDeviceGetCount", out -> (int) deviceGetCount.invokeExact(out)); }

  @Override
  public int device(int ordinal) { return intAnswer("cuDeviceGet", out -> (int) deviceGet.invokeExact(out, ordinal)); }

  @Override
  public String deviceName(int device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(256);
      check("cuDeviceGetName", () -> (int) deviceGetName.invokeExact(name, 256, device));
      return name.getString(0);
    }
  }

  @Override
  public long deviceBytes(int device) { return answer("cuDeviceTotalMem", out -> (int) deviceTotalMem.invokeExact(out, device)); }

  @Override
  public int attribute(int device, DeviceAttribute attribute) {
    return intAnswer("cuDeviceGetAttribute " + attribute, out -> (int) deviceGetAttribute.invokeExact(out, attribute.number(),
        device));
  }

  @Override
  public long retainContext(int device) {
    return answer("cuDevicePrimaryCtxRetain", out -> (int) primaryCtxRetain.invokeExact(out, device));
  }

  @Override
  public void releaseContext(int device) {
    check("cuDevicePrimaryCtxRelease", () -> (int) primaryCtxRelease.invokeExact(device));
  }

  @Override
  public void setContext(long context) { check("cuCtxSetCurrent", () -> (int) ctxSetCurrent.invokeExact(context)); }

  @Override
  public long loadModule(String name, MemorySegment ptx) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment image = arena.allocate(ptx.byteSize() + 1);
      MemorySegment.copy(ptx, 0, image, 0, ptx.byteSize());
      MemorySegment log = arena.allocate(LOG_BYTES);
      MemorySegment options = arena.allocateFrom(INT, JIT_ERROR_LOG, JIT_ERROR_LOG_BYTES);
      MemorySegment values = arena.allocateFrom(LONG, log.address(), LOG_BYTES);
      MemorySegment out = arena.allocate(LONG);
      int code = code(() -> (int) moduleLoadDataEx.invokeExact(out, image, 2, options, values));
      if (code != 0) throw failure("cuModuleLoadDataEx " + name, code, log.getString(0).strip());
      return out.get(LONG, 0);
    }
  }

  @Override
  public long function(long module, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(name);
      return answer("cuModuleGetFunction " + name, out -> (int) moduleGetFunction.invokeExact(out, module, text));
    }
  }

  @Override
  public void allowSharedMemory(long function, int bytes) {
    check("cuFuncSetAttribute", () -> (int) funcSetAttribute.invokeExact(function, SHARED_MEMORY_LIMIT, bytes));
  }

  @Override
  public void launch(long function, String name, Grid grid, int sharedBytes, long stream, MemorySegment arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(LONG, arguments.byteSize());
      MemorySegment extra = arena.allocateFrom(LONG, PARAMETERS, arguments.address(), PARAMETER_BYTES, bytes.address(), 0);
      check("cuLaunchKernel " + name, () -> (int) launchKernel.invokeExact(function, grid.x(), grid.y(), grid.z(), grid.threads(),
          1,
          1, sharedBytes, stream, MemorySegment.NULL, extra));
    }
  }

  @Override
  public long createStream() { return answer("cuStreamCreate", out -> (int) streamCreate.invokeExact(out, NON_BLOCKING)); }

  @Override
  public void destroyStream(long stream) { check("cuStreamDestroy", () -> (int) streamDestroy.invokeExact(stream)); }

  @Override
  public void finish(long stream) { check("cuStreamSynchronize", () -> (int) streamSynchronize.invokeExact(stream)); }

  @Override
  public long createEvent() { return answer("cuEventCreate", out -> (int) eventCreate.invokeExact(out, WITHOUT_TIMING)); }

  @Override
  public void destroyEvent(long event) { check("cuEventDestroy", () -> (int) eventDestroy.invokeExact(event)); }

  @Override
  public void record(long event, long stream) { check("cuEventRecord", () -> (int) eventRecord.invokeExact(event, stream)); }

  @Override
  public void await(long event) { check("cuEventSynchronize", () -> (int) eventSynchronize.invokeExact(event)); }

  @Override
  public void beginCapture(long stream) {
    check("cuStreamBeginCapture", () -> (int) streamBeginCapture.invokeExact(stream, THIS_THREAD));
  }

  @Override
  public long endCapture(long stream) {
    long template = answer("cuStreamEndCapture", out -> (int) streamEndCapture.invokeExact(stream, out));
    try {
      return answer("cuGraphInstantiate", out -> (int) graphInstantiate.invokeExact(out, template, 0L));
    } finally {
      check("cuGraphDestroy", () -> (int) graphDestroy.invokeExact(template));
    }
  }

  @Override
  public void launchGraph(long graph, long stream) {
    check("cuGraphLaunch", () -> (int) graphLaunch.invokeExact(graph, stream));
  }

  @Override
  public void destroyGraph(long graph) { check("cuGraphExecDestroy", () -> (int) graphExecDestroy.invokeExact(graph)); }

  private long pool(int device) {
    return answer("cuDeviceGetDefaultMemPool", out -> (int) deviceGetDefaultMemPool.invokeExact(out, device));
  }

  @Override
  public void keepFreedMemory(int device) {
    long pool = pool(device);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = arena.allocateFrom(LONG, -1);
      check("cuMemPoolSetAttribute", () -> (int) memPoolSetAttribute.invokeExact(pool, KEEP_THRESHOLD, all));
    }
  }

  @Override
  public void trim(int device) {
    long pool = pool(device);
    check("cuMemPoolTrimTo", () -> (int) memPoolTrimTo.invokeExact(pool, 0L));
  }

  @Override
  public Memory memory() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment total = arena.allocate(LONG);
      long free = answer("cuMemGetInfo", out -> (int) memGetInfo.invokeExact(out, total));
      return new Memory(free, total.get(LONG, 0));
    }
  }

  @Override
  public long allocate(long bytes, long stream) {
    return answer("cuMemAllocAsync", out -> (int) memAllocAsync.invokeExact(out, bytes, stream));
  }

  @Override
  public void free(long pointer, long stream) { check("cuMemFreeAsync", () -> (int) memFreeAsync.invokeExact(pointer, stream)); }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    return MemorySegment.ofAddress(answer("cuMemAllocHost", out -> (int) memAllocHost.invokeExact(out, bytes))).reinterpret(
        bytes);
  }

  @Override
  public void freePinned(MemorySegment memory) { check("cuMemFreeHost", () -> (int) memFreeHost.invokeExact(memory)); }

  @Override
  public void copyToDevice(long target, MemorySegment pinned, long stream) {
    check("cuMemcpyHtoDAsync", () -> (int) memcpyHtoD.invokeExact(target, pinned, pinned.byteSize(), stream));
  }

  @Override
  public void copyToHost(MemorySegment pinned, long source, long stream) {
    check("cuMemcpyDtoHAsync", () -> (int) memcpyDtoH.invokeExact(pinned, source, pinned.byteSize(), stream));
  }

  @Override
  public void copy(long target, long source, long bytes, long stream) {
    check("cuMemcpyDtoDAsync", () -> (int) memcpyDtoD.invokeExact(target, source, bytes, stream));
  }

  @Override
  public void fill(long target, byte value, long bytes, long stream) {
    check("cuMemsetD8Async", () -> (int) memset.invokeExact(target, value, bytes, stream));
  }
}
