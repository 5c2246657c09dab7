package dev.raiju.kernels.metal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// The device and what it makes, each as the address of an object that is owned unless said otherwise.
final class Metal {
  private static final long SHARED_STORAGE = 0;
  // 3.0, of macOS 13: the first with addresses of buffers among the arguments
  private static final long LANGUAGE = 3 << 16;

  private final Messages messages;
  private final ObjectiveC runtime;
  private final MemorySegment device;

  /// @throws MetalException if there is no device
  Metal(Messages messages) {
    this.messages = messages;
    this.runtime = messages.runtime();
    MemorySegment found = runtime.defaultDevice();
    if (found.address() == 0) throw new MetalException("metal: the system has no device");
    this.device = messages.checked(Receiver.DEVICE, messages.checked(Receiver.OBJECT, found));
  }

  Messages messages() { return messages; }

  ObjectiveC.Pool pool() { return runtime.pool(); }

  MemorySegment device() { return device; }

  boolean supports(Family family) {
    MethodHandle handle = messages.handle(Message.SUPPORTS_FAMILY);
    return ObjectiveC.call(() -> (boolean) handle.invokeExact(device, family.number()));
  }

  String name() {
    try (var pool = pool()) {
      return text(messages.object(Message.NAME, device));
    }
  }

  private String text(MemorySegment string) {
    if (string.address() == 0) return "";
    return messages.object(Message.TEXT, messages.checked(Receiver.STRING, string)).reinterpret(Long.MAX_VALUE).getString(0);
  }

  /// What an `NSError` says in one line, cut where compilers get long.
  private String reason(MemorySegment error) {
    if (error.address() == 0) return "no reason is given";
    String all = text(messages.object(Message.DESCRIPTION, messages.checked(Receiver.ERROR, error))).strip().replaceAll(
        "\\s*\\R\\s*",
        "; ");
    return all.length() <= 1000 ? all : all.substring(0, 1000) + "…";
  }

  /// Of the current pool.
  private MemorySegment string(String text) {
    MethodHandle handle = messages.handle(Message.STRING_OF);
    MemorySegment type = messages.checked(Receiver.STRING_CLASS, runtime.classNamed("NSString"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(text);
      return ObjectiveC.call(() -> (MemorySegment) handle.invokeExact(type, bytes));
    }
  }

  MemorySegment newQueue() { return messages.checked(Receiver.QUEUE, messages.object(Message.NEW_QUEUE, device)); }

  /// Memory that host and device share, unless there is not enough.
  Optional<MemorySegment> newBuffer(long bytes) {
    MethodHandle handle = messages.handle(Message.NEW_BUFFER);
    return buffer(ObjectiveC.call(() -> (MemorySegment) handle.invokeExact(device, bytes, SHARED_STORAGE)));
  }

  /// Memory of the host as the device's own; whole pages, which stay where they are for as long as the buffer lives.
  Optional<MemorySegment> newBufferOver(MemorySegment pages) {
    MethodHandle handle = messages.handle(Message.NEW_BUFFER_OVER);
    long bytes = pages.byteSize();
    return buffer(ObjectiveC.call(() -> (MemorySegment) handle.invokeExact(device, pages, bytes, SHARED_STORAGE,
        MemorySegment.NULL)));
  }

  private Optional<MemorySegment> buffer(MemorySegment made) {
    return made.address() == 0 ? Optional.empty() : Optional.of(messages.checked(Receiver.BUFFER, made));
  }

  /// Where the device finds a buffer.
  long address(MemorySegment buffer) { return messages.whole(Message.ADDRESS, buffer); }

  /// Where the host does.
  MemorySegment contents(MemorySegment buffer, long bytes) {
    return messages.object(Message.CONTENTS, buffer).reinterpret(bytes);
  }

  void release(MemorySegment object) { messages.send(Message.RELEASE, object); }

  /// Compiles a source without liberties in its arithmetic.
  MemorySegment newLibrary(String name, String source) {
    MemorySegment options = messages.checked(Receiver.OPTIONS, messages.object(Message.NEW_OPTIONS, messages.checked(
        Receiver.OPTIONS_CLASS, runtime.classNamed("MTLCompileOptions"))));
    try (var pool = pool(); Arena arena = Arena.ofConfined()) {
      MethodHandle fast = messages.handle(Message.SET_FAST_MATH);
      MethodHandle language = messages.handle(Message.SET_LANGUAGE);
      MethodHandle compile = messages.handle(Message.NEW_LIBRARY);
      MemorySegment text = string(source);
      MemorySegment error = arena.allocate(ValueLayout.ADDRESS);
      MemorySegment library = ObjectiveC.call(() -> {
        fast.invokeExact(options, false);
        language.invokeExact(options, LANGUAGE);
        return (MemorySegment) compile.invokeExact(device, text, options, error);
      });
      if (library.address() == 0)
        throw new MetalException("metal: " + name + " does not compile: " + reason(error.get(ValueLayout.ADDRESS, 0)));
      return messages.checked(Receiver.LIBRARY, library);
    } finally {
      release(options);
    }
  }

  /// A kernel of a library, ready to be launched.
  MemorySegment newPipeline(MemorySegment library, String kernel) {
    try (var pool = pool(); Arena arena = Arena.ofConfined()) {
      MethodHandle find = messages.handle(Message.NEW_FUNCTION);
      MethodHandle make = messages.handle(Message.NEW_PIPELINE);
      MemorySegment name = string(kernel);
      MemorySegment function = ObjectiveC.call(() -> (MemorySegment) find.invokeExact(library, name));
      if (function.address() == 0) throw new MetalException("metal: no kernel " + kernel);
      try {
        MemorySegment error = arena.allocate(ValueLayout.ADDRESS);
        MemorySegment pipeline = ObjectiveC.call(() -> (MemorySegment) make.invokeExact(device, function, error));
        if (pipeline.address() == 0)
          throw new MetalException("metal: " + kernel + ": " + reason(error.get(ValueLayout.ADDRESS, 0)));
        return messages.checked(Receiver.PIPELINE, pipeline);
      } finally {
        release(function);
      }
    }
  }

  /// What a command buffer says that failed.
  String failure(MemorySegment commands) {
    try (var pool = pool()) {
      return reason(messages.object(Message.FAILURE, commands));
    }
  }
}
