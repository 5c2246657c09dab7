package dev.raiju.kernels.metal;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The Objective-C runtime and the functions of Metal, through the foreign function interface. The libraries are never unloaded.
final class ObjectiveC {
  // Metal finds its default device in processes with Core Graphics alone
  private static final List<String> SYSTEM = List.of("/usr/lib/libobjc.A.dylib",
      "/System/Library/Frameworks/Foundation.framework/Foundation",
      "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics",
      "/System/Library/Frameworks/Metal.framework/Metal");

  private final Linker linker = Linker.nativeLinker();
  private final SymbolLookup symbols;
  private final MemorySegment send;
  private final MethodHandle getClass;
  private final MethodHandle registerName;
  private final MethodHandle pushPool;
  private final MethodHandle popPool;
  private final MethodHandle classOf;
  private final MethodHandle instanceMethod;
  private final MethodHandle argumentType;
  private final MethodHandle argumentCount;
  private final MethodHandle returnType;
  private final MethodHandle free;
  private final MethodHandle defaultDevice;

  private ObjectiveC(SymbolLookup symbols) {
    this.symbols = symbols;
    this.send = symbol("objc_msgSend");
    this.getClass = function("objc_getClass", FunctionDescriptor.of(ADDRESS, ADDRESS));
    this.registerName = function("sel_registerName", FunctionDescriptor.of(ADDRESS, ADDRESS));
    this.pushPool = function("objc_autoreleasePoolPush", FunctionDescriptor.of(ADDRESS));
    this.popPool = function("objc_autoreleasePoolPop", FunctionDescriptor.ofVoid(ADDRESS));
    this.classOf = function("object_getClass", FunctionDescriptor.of(ADDRESS, ADDRESS));
    this.instanceMethod = function("class_getInstanceMethod", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    this.argumentType = function("method_copyArgumentType", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
    this.argumentCount = function("method_getNumberOfArguments", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    this.returnType = function("method_copyReturnType", FunctionDescriptor.of(ADDRESS, ADDRESS));
    this.free = linker.downcallHandle(linker.defaultLookup().findOrThrow("free"), FunctionDescriptor.ofVoid(ADDRESS));
    this.defaultDevice = function("MTLCreateSystemDefaultDevice", FunctionDescriptor.of(ADDRESS));
  }

  /// Those of macOS.
  ///
  /// @throws MetalException if one is missing
  static ObjectiveC ofSystem() {
    SymbolLookup all = _ -> Optional.empty();
    for (String library : SYSTEM) {
      try {
        all = all.or(SymbolLookup.libraryLookup(library, Arena.global()));
      } catch (IllegalArgumentException e) {
        throw new MetalException("metal: cannot load " + library);
      }
    }
    return new ObjectiveC(all);
  }

  /// One library that has all of it.
  static ObjectiveC of(Path library) {
    try {
      return new ObjectiveC(SymbolLookup.libraryLookup(library, Arena.global()));
    } catch (IllegalArgumentException e) {
      throw new MetalException("metal: cannot load " + library);
    }
  }

  private MemorySegment symbol(String name) {
    return symbols.find(name).orElseThrow(() -> new MetalException("metal: the system's libraries have no " + name));
  }

  private MethodHandle function(String name, FunctionDescriptor descriptor) {
    return linker.downcallHandle(symbol(name), descriptor);
  }

  /// A call of the runtime with its arguments bound.
  @FunctionalInterface
  interface Call<T> {
    T run() throws Throwable;
  }

  static <T> T call(Call<T> call) {
    try {
      return call.run();
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a call of the Objective-C runtime threw what no call declares", e);
    }
  }

  private static MemorySegment named(MethodHandle lookup, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(name);
      return call(() -> (MemorySegment) lookup.invokeExact(text));
    }
  }

  /// A class by its name.
  MemorySegment classNamed(String name) {
    MemorySegment found = named(getClass, name);
    if (found.address() == 0) throw new MetalException("metal: the system has no class " + name);
    return found;
  }

  MemorySegment selector(String name) { return named(registerName, name); }

  /// How `objc_msgSend` is called for one signature: never as a function of any number of arguments.
  MethodHandle sender(FunctionDescriptor descriptor) { return linker.downcallHandle(send, descriptor); }

  /// The device that the system prefers, owned by the caller; null if there is none.
  MemorySegment defaultDevice() { return call(() -> (MemorySegment) defaultDevice.invokeExact()); }

  /// Opens a pool for objects that are nobody's; to be closed on the same thread.
  Pool pool() { return new Pool(this, call(() -> (MemorySegment) pushPool.invokeExact())); }

  /// While it is open, objects that a message gives without ownership stay alive.
  record Pool(ObjectiveC runtime, MemorySegment mark) implements AutoCloseable {
    @Override
    public void close() {
      call(() -> {
        runtime.popPool.invokeExact(mark);
        return true;
      });
    }
  }

  /// The class of an object; of a class, what its own methods belong to.
  MemorySegment classOf(MemorySegment object) { return call(() -> (MemorySegment) classOf.invokeExact(object)); }

  /// How the method of a class for a selector is declared, its result first and then what it takes behind the selector; none if the
  /// runtime does not know, since objects of the class pass the message on.
  Optional<List<String>> declared(MemorySegment type, String selector) {
    MemorySegment name = selector(selector);
    return call(() -> {
      MemorySegment method = (MemorySegment) instanceMethod.invokeExact(type, name);
      if (method.address() == 0) return Optional.empty();
      List<String> types = new ArrayList<>();
      types.add(taken((MemorySegment) returnType.invokeExact(method)));
      int count = (int) argumentCount.invokeExact(method);
      for (int i = 2; i < count; i++) types.add(taken((MemorySegment) argumentType.invokeExact(method, i)));
      return Optional.of(types);
    });
  }

  /// The text at a pointer that the caller owns.
  private String taken(MemorySegment text) throws Throwable {
    String copy = text.reinterpret(Long.MAX_VALUE).getString(0);
    free.invokeExact(text);
    return copy;
  }
}
