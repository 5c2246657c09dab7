package dev.raiju.kernels.metal;

import java.lang.foreign.MemorySegment;

/// Dispatches that are committed together: a command buffer and its one encoder, both owned.
final class Batch {
  final MemorySegment commands;
  final MemorySegment encoder;
  private int count;

  private Batch(MemorySegment commands, MemorySegment encoder) {
    this.commands = commands;
    this.encoder = encoder;
  }

  static Batch open(Metal metal, MemorySegment queue) {
    Messages messages = metal.messages();
    // both come without ownership, and live for longer than this pool
    try (var pool = metal.pool()) {
      MemorySegment commands = kept(messages, Receiver.COMMAND_BUFFER, messages.object(Message.COMMAND_BUFFER, queue));
      MemorySegment encoder = kept(messages, Receiver.ENCODER, messages.object(Message.ENCODER, commands));
      return new Batch(commands, encoder);
    }
  }

  private static MemorySegment kept(Messages messages, Receiver kind, MemorySegment object) {
    if (object.address() == 0) throw new MetalException("metal: the device takes no more commands");
    return messages.object(Message.RETAIN, messages.checked(kind, object));
  }

  int count() { return count; }

  void counted() { count++; }
}
