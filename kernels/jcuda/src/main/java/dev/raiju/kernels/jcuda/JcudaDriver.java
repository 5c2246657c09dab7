package dev.raiju.kernels.jcuda;

import static jcuda.driver.JCudaDriver.*;

import dev.raiju.kernels.cuda.driver.CudaDriver;
import dev.raiju.kernels.cuda.driver.CudaException;
import dev.raiju.kernels.cuda.driver.DeviceAttribute;
import dev.raiju.kernels.gpu.Grid;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import jcuda.driver.JITOptions;

/// The driver's calls by jcuda's driver API, which is that of CUDA 12.0. Handles are numbers of objects here, and memory is its address.
///
/// It has no call for the device's own pool: freed memory goes back to the system whenever a stream is waited for.
final class JcudaDriver implements CudaDriver {
  // values of the driver's enumerations
  private static final int SHARED_MEMORY_LIMIT = 8;
  private static final int NON_BLOCKING = 1;
  private static final int WITHOUT_TIMING = 2;
  private static final int THIS_THREAD = 1;
  private static final int JIT_ERROR_LOG = 5;
  private static final int LOG_BYTES = 8192;

  private final Handles<CUdevice> devices = new Handles<>("a device", CUdevice::new);
  private final Handles<CUcontext> contexts = new Handles<>("a context", CUcontext::new);
  private final Handles<CUmodule> modules = new Handles<>("a module", CUmodule::new);
  private final Handles<CUfunction> functions = new Handles<>("a function", CUfunction::new);
  private final Handles<CUstream> streams = new Handles<>("a stream", CUstream::new);
  private final Handles<CUevent> events = new Handles<>("an event", CUevent::new);
  private final Handles<CUgraphExec> graphs = new Handles<>("an executable graph", CUgraphExec::new);
  private final Map<Long, Pointer> pinned = new ConcurrentHashMap<>();

  JcudaDriver() { JCudaDriver.setExceptionsEnabled(false); }

  /// Memory of the device.
  private static final class Memory extends CUdeviceptr {
    Memory() {}

    long address() { return getNativePointer() + getByteOffset(); }
  }

  private static CUdeviceptr at(long address) { return new CUdeviceptr().withByteOffset(address); }

  private static Pointer at(MemorySegment memory) { return Pointer.to(memory.asByteBuffer()); }

  private static void check(String call, int code) {
    if (code != 0) throw failure(call, code, "");
  }

  private static CudaException failure(String call, int code, String log) {
    String name = text(code, JCudaDriver::cuGetErrorName);
    String why = text(code, JCudaDriver::cuGetErrorString);
    return new CudaException(call, code, name + (why.isEmpty() ? "" : ": " + why) + (log.isEmpty() ? "" : ": " + log));
  }

  /// Describes a result code.
  @FunctionalInterface
  private interface Describing {
    int describe(int code, String[] text);
  }

  private static String text(int code, Describing describing) {
    String[] text = {""};
    return describing.describe(code, text) == 0 && text[0] != null ? text[0] : "unknown error";
  }

  private static int number(String call, int code, int[] answer) {
    check(call, code);
    return answer[0];
  }

  @Override
  public String describe() { return "libcuda.so.1 through jcuda"; }

  @Override
  public void start() { check("cuInit", cuInit(0)); }

  @Override
  public int version() {
    int[] answer = new int[1];
    return number("cuDriverGetVersion", cuDriverGetVersion(answer), answer);
  }

  @Override
  public int deviceCount() {
    int[] answer = new int[1];
    return number("cuDeviceGetCount", cuDeviceGetCount(answer), answer);
  }

  @Override
  public int device(int ordinal) {
    CUdevice device = devices.fresh();
    check("cuDeviceGet", cuDeviceGet(device, ordinal));
    return (int) devices.number(device);
  }

  @Override
  public String deviceName(int device) {
    byte[] name = new byte[256];
    check("cuDeviceGetName", cuDeviceGetName(name, name.length, devices.of(device)));
    return text(name);
  }

  private static String text(byte[] bytes) {
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) length++;
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public long deviceBytes(int device) {
    long[] bytes = new long[1];
    check("cuDeviceTotalMem", cuDeviceTotalMem(bytes, devices.of(device)));
    return bytes[0];
  }

  @Override
  public int attribute(int device, DeviceAttribute attribute) {
    int[] answer = new int[1];
    return number("cuDeviceGetAttribute " + attribute, cuDeviceGetAttribute(answer, attribute.number(), devices.of(device)),
        answer);
  }

  @Override
  public long retainContext(int device) {
    CUcontext context = contexts.fresh();
    check("cuDevicePrimaryCtxRetain", cuDevicePrimaryCtxRetain(context, devices.of(device)));
    return contexts.number(context);
  }

  @Override
  public void releaseContext(int device) {
    check("cuDevicePrimaryCtxRelease", cuDevicePrimaryCtxRelease(devices.of(device)));
  }

  @Override
  public void setContext(long context) { check("cuCtxSetCurrent", cuCtxSetCurrent(contexts.of(context))); }

  @Override
  public long loadModule(String name, MemorySegment ptx) {
    ByteBuffer image = ByteBuffer.allocateDirect(Math.toIntExact(ptx.byteSize()) + 1);
    MemorySegment.copy(ptx, 0, MemorySegment.ofBuffer(image), 0, ptx.byteSize());
    CUmodule module = modules.fresh();
    byte[] log = new byte[LOG_BYTES];
    JITOptions options = new JITOptions();
    options.putBytes(JIT_ERROR_LOG, log);
    int code = cuModuleLoadDataJIT(module, Pointer.to(image), options);
    if (code != 0) throw failure("cuModuleLoadDataEx " + name, code, text(options.getBytes(JIT_ERROR_LOG)).strip());
    return modules.number(module);
  }

  @Override
  public long function(long module, String name) {
    CUfunction function = functions.fresh();
    check("cuModuleGetFunction " + name, cuModuleGetFunction(function, modules.of(module), name));
    return functions.number(function);
  }

  @Override
  public void allowSharedMemory(long function, int bytes) {
    check("cuFuncSetAttribute", cuFuncSetAttribute(functions.of(function), SHARED_MEMORY_LIMIT, bytes));
  }

  @Override
  public void launch(long function, String name, Grid grid, int sharedBytes, long stream, MemorySegment arguments) {
    Pointer extra = Pointer.to(CU_LAUNCH_PARAM_BUFFER_POINTER, at(arguments), CU_LAUNCH_PARAM_BUFFER_SIZE, Pointer.to(new long[] {
      arguments.byteSize()}), CU_LAUNCH_PARAM_END);
    check("cuLaunchKernel " + name, cuLaunchKernel(functions.of(function), grid.x(), grid.y(), grid.z(), grid.threads(), 1, 1,
        sharedBytes, streams.of(stream), null, extra));
  }

  @Override
  public long createStream() {
    CUstream stream = streams.fresh();
    check("cuStreamCreate", cuStreamCreate(stream, NON_BLOCKING));
    return streams.number(stream);
  }

  @Override
  public void destroyStream(long stream) {
    check("cuStreamDestroy", cuStreamDestroy(streams.of(stream)));
    streams.forget(stream);
  }

  @Override
  public void finish(long stream) { check("cuStreamSynchronize", cuStreamSynchronize(streams.of(stream))); }

  @Override
  public long createEvent() {
    CUevent event = events.fresh();
    check("cuEventCreate", cuEventCreate(event, WITHOUT_TIMING));
    return events.number(event);
  }

  @Override
  public void destroyEvent(long event) {
    check("cuEventDestroy", cuEventDestroy(events.of(event)));
    events.forget(event);
  }

  @Override
  public void record(long event, long stream) { check("cuEventRecord", cuEventRecord(events.of(event), streams.of(stream))); }

  @Override
  public void await(long event) { check("cuEventSynchronize", cuEventSynchronize(events.of(event))); }

  @Override
  public void beginCapture(long stream) {
    check("cuStreamBeginCapture", cuStreamBeginCapture(streams.of(stream), THIS_THREAD));
  }

  @Override
  public long endCapture(long stream) {
    CUgraph template = new CUgraph();
    check("cuStreamEndCapture", cuStreamEndCapture(streams.of(stream), template));
    try {
      CUgraphExec graph = graphs.fresh();
      check("cuGraphInstantiate", cuGraphInstantiate(graph, template, 0));
      return graphs.number(graph);
    } finally {
      check("cuGraphDestroy", cuGraphDestroy(template));
    }
  }

  @Override
  public void launchGraph(long graph, long stream) {
    check("cuGraphLaunch", cuGraphLaunch(graphs.of(graph), streams.of(stream)));
  }

  @Override
  public void destroyGraph(long graph) {
    check("cuGraphExecDestroy", cuGraphExecDestroy(graphs.of(graph)));
    graphs.forget(graph);
  }

  @Override
  public void keepFreedMemory(int device) {}

  @Override
  public void trim(int device) {}

  @Override
  public CudaDriver.Memory memory() {
    long[] free = new long[1];
    long[] total = new long[1];
    check("cuMemGetInfo", cuMemGetInfo(free, total));
    return new CudaDriver.Memory(free[0], total[0]);
  }

  @Override
  public long allocate(long bytes, long stream) {
    Memory memory = new Memory();
    check("cuMemAllocAsync", cuMemAllocAsync(memory, bytes, streams.of(stream)));
    return memory.address();
  }

  @Override
  public void free(long pointer, long stream) { check("cuMemFreeAsync", cuMemFreeAsync(at(pointer), streams.of(stream))); }

  @Override
  public MemorySegment allocatePinned(long bytes) {
    Pointer pointer = new Pointer();
    check("cuMemAllocHost", cuMemAllocHost(pointer, bytes));
    MemorySegment memory = MemorySegment.ofBuffer(pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()));
    pinned.put(memory.address(), pointer);
    return memory;
  }

  @Override
  public void freePinned(MemorySegment memory) {
    Pointer pointer = pinned.remove(memory.address());
    check("cuMemFreeHost", cuMemFreeHost(pointer == null ? at(memory) : pointer));
  }

  @Override
  public void copyToDevice(long target, MemorySegment memory, long stream) {
    check("cuMemcpyHtoDAsync", cuMemcpyHtoDAsync(at(target), at(memory), memory.byteSize(), streams.of(stream)));
  }

  @Override
  public void copyToHost(MemorySegment memory, long source, long stream) {
    check("cuMemcpyDtoHAsync", cuMemcpyDtoHAsync(at(memory), at(source), memory.byteSize(), streams.of(stream)));
  }

  @Override
  public void copy(long target, long source, long bytes, long stream) {
    check("cuMemcpyDtoDAsync", cuMemcpyDtoDAsync(at(target), at(source), bytes, streams.of(stream)));
  }

  @Override
  public void fill(long target, byte value, long bytes, long stream) {
    check("cuMemsetD8Async", cuMemsetD8Async(at(target), value, bytes, streams.of(stream)));
  }
}
