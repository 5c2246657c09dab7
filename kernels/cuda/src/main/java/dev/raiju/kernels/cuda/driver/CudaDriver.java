package dev.raiju.kernels.cuda.driver;

import dev.raiju.kernels.gpu.Grid;
import java.lang.foreign.MemorySegment;

/// The calls of the CUDA driver API that the backend makes, on handles as plain numbers. Their rules are the driver's: all but the
/// first group need a context that is current in the calling thread, and work on a stream runs later, in order.
///
/// Every method throws [CudaException] where the driver returns anything but success.
public interface CudaDriver {
  /// What the driver is, for people: `libcuda.so.1`.
  String describe();

  // ---- devices

  /// Starts the driver. To be called first.
  void start();

  /// The newest CUDA version that the driver knows, as `1000 · major + 10 · minor`.
  int version();

  int deviceCount();

  /// The handle of a device, counted from 0.
  int device(int ordinal);

  String deviceName(int device);

  long deviceBytes(int device);

  int attribute(int device, DeviceAttribute attribute);

  /// The context that all users of a device in this process share. Each call is to be matched by a [#releaseContext].
  long retainContext(int device);

  void releaseContext(int device);

  /// Makes a context the calling thread's.
  void setContext(long context);

  // ---- code

  /// Compiles a module from PTX for the current device.
  long loadModule(String name, MemorySegment ptx);

  long function(long module, String name);

  /// Lets a function have more shared memory than every device gives without being asked.
  void allowSharedMemory(long function, int bytes);

  /// Puts a kernel on a stream.
  ///
  /// @param name for messages
  /// @param arguments its parameters, laid out as the kernel declares them; not needed after the call
  void launch(long function, String name, Grid grid, int sharedBytes, long stream, MemorySegment arguments);

  // ---- streams and events

  /// A stream that waits for no other.
  long createStream();

  void destroyStream(long stream);

  /// Waits until all work on a stream is done.
  void finish(long stream);

  long createEvent();

  void destroyEvent(long event);

  /// Puts an event behind the work that is on a stream now.
  void record(long event, long stream);

  /// Waits until an event has been passed; returns at once if it was never recorded.
  void await(long event);

  // ---- graphs

  /// Writes down what is put on a stream from now on, instead of doing it. Until [#endCapture], by the same thread, this thread may
  /// neither wait nor take or free memory: that loses the capture.
  void beginCapture(long stream);

  /// A graph of what was written down since [#beginCapture], ready to be launched any number of times. It works on the memory that
  /// was named then.
  long endCapture(long stream);

  /// Puts all of a graph on a stream by one call, which takes the host a few microseconds however much it is.
  void launchGraph(long graph, long stream);

  void destroyGraph(long graph);

  // ---- memory

  /// Lets the device's pool keep what is freed, instead of giving it back whenever a stream is waited for.
  void keepFreedMemory(int device);

  /// Gives what the pool keeps and nobody uses back to the system.
  void trim(int device);

  /// Free and total bytes.
  Memory memory();

  /// Memory that may be used by what is put on the stream from now on.
  long allocate(long bytes, long stream);

  /// Gives memory back once what is on the stream now has been done.
  void free(long pointer, long stream);

  /// Host memory that the device can copy from and to while others compute.
  MemorySegment allocatePinned(long bytes);

  void freePinned(MemorySegment memory);

  void copyToDevice(long target, MemorySegment pinned, long stream);

  void copyToHost(MemorySegment pinned, long source, long stream);

  void copy(long target, long source, long bytes, long stream);

  void fill(long target, byte value, long bytes, long stream);

  /// Bytes of a device's memory.
  record Memory(long free, long total) {}
}
