package dev.raiju.kernels.metal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A handle for each message, its selector bound, over one native call for each signature. Whenever an object of a kind is first seen,
/// the runtime is asked how it declares the messages of that kind: a wrong signature is a message here, and not broken memory.
final class Messages {
  /// What is put around the handle of a message: nothing, but for tests that send wrong arguments.
  @FunctionalInterface
  interface Around {
    MethodHandle of(Message message, MethodHandle handle);
  }

  private final ObjectiveC runtime;
  private final Map<Message, MethodHandle> handles = new EnumMap<>(Message.class);
  private final Set<Receiver> checked = EnumSet.noneOf(Receiver.class);

  Messages(ObjectiveC runtime) { this(runtime, (_, handle) -> handle); }

  Messages(ObjectiveC runtime, Around around) {
    this.runtime = runtime;
    Map<FunctionDescriptor, MethodHandle> senders = new HashMap<>();
    for (Message message : Message.values()) {
      MethodHandle sender = senders.computeIfAbsent(message.descriptor(), runtime::sender);
      MethodHandle bound = MethodHandles.insertArguments(sender, 1, runtime.selector(message.selector()));
      handles.put(message, around.of(message, bound));
    }
  }

  ObjectiveC runtime() { return runtime; }

  /// Takes the receiver and then what the message takes.
  MethodHandle handle(Message message) {
    MethodHandle handle = handles.get(message);
    if (handle == null) throw new IllegalStateException("metal: no handle for " + message);
    return handle;
  }

  /// An object of a kind, after a look at how its class declares what it will be sent.
  MemorySegment checked(Receiver kind, MemorySegment object) {
    if (object.address() == 0 || !checked.add(kind)) return object;
    for (Message message : Message.values()) {
      if (message.receiver() == kind) compare(message, object);
    }
    return object;
  }

  private void compare(Message message, MemorySegment object) {
    runtime.declared(runtime.classOf(object), message.selector()).ifPresent(types -> {
      if (!isDeclaredAs(message, types))
        throw new MetalException("metal: " + message.selector() + ": declared " + types + " on this system; it is sent as "
            + message
                .result() + " of " + message.parameters());
    });
  }

  /// Whether types as the runtime writes them, that of the result first, are those of a message.
  static boolean isDeclaredAs(Message message, List<String> types) {
    if (types.size() != message.parameters().size() + 1 || !message.result().isWritten(types.getFirst())) return false;
    for (int i = 0; i < message.parameters().size(); i++) {
      if (!message.parameters().get(i).isWritten(types.get(i + 1))) return false;
    }
    return true;
  }

  void send(Message message, MemorySegment to) {
    ObjectiveC.call(() -> {
      handle(message).invokeExact(to);
      return true;
    });
  }

  MemorySegment object(Message message, MemorySegment to) {
    return ObjectiveC.call(() -> (MemorySegment) handle(message).invokeExact(to));
  }

  long whole(Message message, MemorySegment to) { return ObjectiveC.call(() -> (long) handle(message).invokeExact(to)); }

  double seconds(Message message, MemorySegment to) { return ObjectiveC.call(() -> (double) handle(message).invokeExact(to)); }

  boolean flag(Message message, MemorySegment to) { return ObjectiveC.call(() -> (boolean) handle(message).invokeExact(to)); }
}
